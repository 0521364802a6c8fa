import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { sampleFilename } from '../../shared/smt/sample-year.ts';
import { openDatabase } from '../../shared/storage/database.ts';
import { npmCommand, parseArguments, rejectArguments } from './command-line.ts';
import { StackRunningError } from './lock.ts';
import { count, reportFailure, summaryOf } from './report.ts';
import { writeSample } from './sample.ts';
import { adminTokenFile, shownPath, stateDirOf, wipeState } from './settings.ts';
import { aborted, abortOnSignals } from './shutdown.ts';
import { type LocalStack, startLocalStack } from './stack.ts';
import { inspectFile, uploadFile } from './upload.ts';
import { waitForFile } from './wait-for-file.ts';

const defaultPort = 8787;
const program = npmCommand(
  'start',
  `Runs the whole system on this machine, loads a generated sample file, and runs until Ctrl-C.

State is kept in .local, or in the folder that SMT_STATE_DIR names. DATABASE_URL chooses the Postgres; unset, an embedded one
keeps its data there too.`,
)
  .option('--port <n>', `port of API and pages (default: PORT, or ${defaultPort})`)
  .option('--fresh', 'delete all local state first (a database named by DATABASE_URL keeps its data)');

async function main(signal: AbortSignal): Promise<void> {
  const { port, isFresh } = readArguments();
  const stateDir = stateDirOf(process.env);
  const databaseUrl = process.env.DATABASE_URL;
  if (isFresh) await wipeState(stateDir);
  console.log('Starting…');
  const stack = await startLocalStack({
    stateDir,
    port,
    onFailure: reportFailure,
    onDatabaseEnded: () => reportDatabaseEnded(stateDir),
    ...(databaseUrl && { databaseUrl }),
  });
  try {
    await loadSample(stack, stateDir, signal);
    showAddresses(stack, stateDir);
    await aborted(signal);
  } finally {
    await stack.stop();
    console.log('Stopped.');
  }
}

/** Loads the sample like any other file, and reports each step. */
async function loadSample(stack: LocalStack, stateDir: string, signal: AbortSignal): Promise<void> {
  const file = path.join(stateDir, 'sample', sampleFilename);
  await mkdir(path.dirname(file), { recursive: true });
  await writeSample(file);
  const database = openDatabase({
    connectionString: stack.databaseUrl,
    maxConnections: 1,
    applicationName: 'smt-ingest start',
  });
  try {
    const startedAt = performance.now();
    const inspected = await inspectFile(file);
    const upload = await uploadFile(stack, file, inspected);
    const report = (step: string, what: string) => console.log(`  ${step.padEnd(14)} ${what}`);
    if (upload.kind === 'uploaded') {
      report('uploaded', `${sampleFilename}, ${count(inspected.sizeBytes)} bytes, through a presigned URL`);
    }
    let isReported = false;
    const row = await waitForFile(upload, {
      database,
      bucket: stack.s3.bucket,
      signal,
      onChange: ({ id }) => {
        if (!isReported && upload.kind === 'uploaded') report('registered', `as file ${id}`);
        isReported = true;
      },
    });
    const elapsedMs = Math.round(performance.now() - startedAt);
    if (upload.kind === 'stored') {
      report('stored already', `${sampleFilename} is file ${row.id}: ${count(row.intervals_read)} intervals`);
    } else if (row.status === 'normalized') {
      report('normalized', `${summaryOf(row).replace(/^.*?: /, '')}, ${count(elapsedMs)} ms`);
    } else {
      report(row.status, summaryOf(row));
    }
  } finally {
    await database.close();
  }
}

function showAddresses({ apiUrl, databaseUrl, logs, s3 }: LocalStack, stateDir: string): void {
  const token = shownPath(adminTokenFile(stateDir));
  console.log(`
  Overview     ${apiUrl}/admin/smt          (is data arriving, and if not, why)
  Raw files    ${apiUrl}/admin/smt/raw          (drop files here; asks for the token)
  Usage        ${apiUrl}/usage
  API          ${apiUrl}          (GET ${apiUrl}/health)
  Token        ${token}          (curl -H "x-admin-token: $(cat ${token})" …)
  Database     psql '${databaseUrl}'
  Logs         ${shownPath(logs.dir)}
  S3           ${s3.url}          (bucket ${s3.bucket})
  AWS CLI      eval "$(npm run -s local-env)"          (then the runbook's commands work here)
  More files   npm run ingest -- FILE…

Runs until Ctrl-C. State is kept in ${shownPath(stateDir)}; --fresh starts over.`);
}

/** Everything that needs the database fails from now on, and starts again with the next start. */
function reportDatabaseEnded(stateDir: string): void {
  const log = shownPath(path.join(stateDir, 'postgres/postgres.log'));
  console.error(`Postgres has ended; its log is ${log}. Press Ctrl-C and start again: nothing is lost.`);
}

function readArguments(): { port: number; isFresh: boolean } {
  const { options } = parseArguments(program);
  const text = options.port ?? (process.env.PORT || String(defaultPort));
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) rejectArguments(program, `${text} is not a port`);
  return { port, isFresh: options.fresh ?? false };
}

/** The error in one line, if one is enough. */
function explain(error: unknown): string {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is taken. Choose another: npm start -- --port N`;
  if (error instanceof StackRunningError) return `${error.message} Stop it first, or use it.`;
  return error instanceof Error ? error.message : String(error);
}

const signal = abortOnSignals();
try {
  await main(signal);
} catch (error) {
  if (!signal.aborted) {
    console.error(explain(error));
    process.exitCode = 1;
  }
}
