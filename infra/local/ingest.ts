import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { type Database, openDatabase } from '../../shared/storage/database.ts';
import type { RawFile } from '../../shared/storage/raw-files/get-raw-file.ts';
import { readFileAudit } from '../../shared/storage/reads/read-file-audit.ts';
import { npmCommand, parseArguments } from './command-line.ts';
import { inOrder } from './in-order.ts';
import { findRunningStack, type RunningStack } from './lock.ts';
import { Progress } from './progress.ts';
import { auditLines, isLoaded, reportFailure, summaryOf } from './report.ts';
import { stateDirOf } from './settings.ts';
import { abortOnSignals } from './shutdown.ts';
import { startLocalStack } from './stack.ts';
import { inspectFile, type LocalFile, UploadRejectedError, uploadFile } from './upload.ts';
import { StalledError, waitForFile } from './wait-for-file.ts';

const program = npmCommand(
  'ingest',
  `Loads each file as in production: presigned upload, S3 event, register, queue, normalize. Uses the stack of a
running \`npm start\`, or else starts one until the files are done. DATABASE_URL chooses the Postgres; unset, an embedded one
keeps its data in .local, or in the folder that SMT_STATE_DIR names.

Exit status: 0 if every file is normalized, duplicate or ignored; 1 if not; 2 usage.`,
)
  .argument('<file...>')
  .option('--json', 'print one JSON object per file, in order: its row of raw_files')
  .option('--esiid <esiid>', 'the ESIID of files that have no ESIID column');

const concurrency = 8;

/** The outcome of one file: its row, or the reason it has none. */
type Outcome =
  | { readonly kind: 'row'; readonly row: RawFile; readonly wasStored: boolean }
  | { readonly kind: 'rejected'; readonly file: LocalFile; readonly code: string; readonly message: string };

async function main(signal: AbortSignal): Promise<number> {
  const { files, isJson, esiid } = readArguments();
  if (!checkFiles(files)) return 1;
  const stack = await useStack();
  const database = openDatabase({
    connectionString: stack.databaseUrl,
    maxConnections: 4,
    applicationName: 'smt-ingest ingest',
  });
  const progress = new Progress(files.length);
  let failures = 0;
  const ids: string[] = [];
  try {
    const ingest = (file: string) => ingestFile({ ...stack, database, signal, progress, esiid }, file);
    let index = 0;
    for await (const outcome of inOrder(files, concurrency, ingest)) {
      progress.clear();
      process.stdout.write(`${isJson ? jsonOf(outcome) : `${files[index]}: ${textOf(outcome)}`}\n`);
      if (outcome.kind === 'rejected' || !isLoaded(outcome.row)) failures += 1;
      index += 1;
      if (outcome.kind === 'row') ids.push(outcome.row.id);
    }
    if (!isJson) await printAudit(database, ids);
  } finally {
    progress.clear();
    await database.close();
    await stack.stop();
  }
  return failures > 0 ? 1 : 0;
}

/** Compares the days and billing periods of these files with SMT's own reads; prints nothing if there are no reads. */
async function printAudit(database: Database, ids: readonly string[]): Promise<void> {
  const audit = await readFileAudit(database, ids, Number.MAX_SAFE_INTEGER);
  for (const line of auditLines(audit)) process.stdout.write(`${line}\n`);
}

type UsedStack = Pick<RunningStack, 'apiUrl' | 'adminToken' | 'databaseUrl' | 'bucket'>;

interface IngestContext extends UsedStack {
  readonly database: Database;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly esiid: string | undefined;
}

async function ingestFile(context: IngestContext, file: string): Promise<Outcome> {
  const { database, bucket, signal, progress } = context;
  signal.throwIfAborted();
  const inspected = await inspectFile(file);
  progress.step(inspected.filename, 'uploading');
  try {
    const upload = await uploadFile(context, file, { ...inspected, esiid: context.esiid });
    const onChange = (row: RawFile) => progress.step(inspected.filename, row.status);
    const row = await waitForFile(upload, { database, bucket, signal, onChange });
    return { kind: 'row', row, wasStored: upload.kind === 'stored' };
  } catch (error) {
    if (!(error instanceof UploadRejectedError || error instanceof StalledError)) throw error;
    return { kind: 'rejected', file: inspected, code: error.code, message: error.message };
  } finally {
    progress.done();
  }
}

function jsonOf(outcome: Outcome): string {
  if (outcome.kind === 'row') return JSON.stringify(outcome.row);
  const { file, code, message } = outcome;
  return JSON.stringify({
    id: null,
    filename: file.filename,
    size_bytes: file.sizeBytes,
    sha256: file.sha256,
    status: 'failed',
    error_code: code,
    error_message: message,
  });
}

function textOf(outcome: Outcome): string {
  if (outcome.kind === 'rejected') return `not uploaded: ${outcome.message} (${outcome.code})`;
  return `${outcome.wasStored ? 'stored already, ' : ''}${summaryOf(outcome.row, !outcome.wasStored)}`;
}

/** The running stack, or one that `stop` ends. */
async function useStack(): Promise<UsedStack & { stop(): Promise<void> }> {
  const stateDir = stateDirOf(process.env);
  const databaseUrl = process.env.DATABASE_URL;
  const running = await findRunningStack(stateDir);
  if (!running) {
    const stack = await startLocalStack({
      stateDir,
      onFailure: reportFailure,
      ...(databaseUrl && { databaseUrl }),
    });
    const { apiUrl, adminToken, s3 } = stack;
    return {
      apiUrl,
      adminToken,
      databaseUrl: stack.databaseUrl,
      bucket: s3.bucket,
      stop: () => stack.stop(),
    };
  }
  if (databaseUrl && databaseUrl !== running.databaseUrl) {
    throw new Error(`The stack at ${running.apiUrl} uses another database than DATABASE_URL; stop it first.`);
  }
  return { ...running, stop: async () => undefined };
}

function readArguments(): { files: string[]; isJson: boolean; esiid: string | undefined } {
  const { args, options } = parseArguments(program);
  // npm runs scripts in the project's folder; names are relative to where the person is.
  const from = process.env.npm_lifecycle_event === 'ingest' ? process.env.INIT_CWD : undefined;
  const files = args[0].map((file) => path.resolve(from ?? process.cwd(), file));
  return { files, isJson: options.json ?? false, esiid: options.esiid };
}

/** Reports every file that cannot be read, before anything is uploaded. */
function checkFiles(files: readonly string[]): boolean {
  const problems = files.flatMap((file) => {
    try {
      if (!statSync(file).isFile()) return [`${file}: not a file`];
      accessSync(file, constants.R_OK);
      return [];
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return [`${file}: ${code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`}`];
    }
  });
  for (const problem of problems) console.error(problem);
  return problems.length === 0;
}

const signal = abortOnSignals();
try {
  process.exitCode = await main(signal);
} catch (error) {
  if (signal.aborted) process.exitCode = 130;
  else {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
