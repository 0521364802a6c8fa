import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { sampleFilename } from '../../shared/smt/sample-year.ts';
import { openDatabase } from '../../shared/storage/database.ts';
import { StackRunningError } from './lock.ts';
import { count, rejectedOf, summaryOf, tellFailure } from './report.ts';
import { writeSample } from './sample.ts';
import { adminTokenFile, shownPath, stateDirOf, wipeState } from './settings.ts';
import { aborted, abortOnSignals, InterruptedError } from './shutdown.ts';
import { type LocalStack, startLocalStack } from './stack.ts';
import { inspectFile, uploadFile } from './upload.ts';
import { waitForFile } from './wait-for-file.ts';

const defaultPort = 8787;
const usage = 'usage: npm start -- [--port N] [--fresh]';
const help = `${usage}

Runs the whole system on this machine, loads a generated sample file, and stays up until Ctrl-C.

  --port N   port of API and pages (default: PORT, or ${defaultPort})
  --fresh    forget all local state first (a database named by DATABASE_URL keeps what it has)
  --help     this

DATABASE_URL chooses the Postgres; unset, an embedded one runs and keeps its data in .local.`;

async function main(): Promise<void> {
  const { port, isFresh } = readArguments();
  const stateDir = stateDirOf(process.env);
  const databaseUrl = process.env.DATABASE_URL;
  const signal = abortOnSignals();
  if (isFresh) await wipeState(stateDir);
  console.log('Starting…');
  const stack = await startLocalStack({
    stateDir,
    port,
    onFailure: tellFailure,
    ...(databaseUrl && { databaseUrl }),
  });
  try {
    await loadSample(stack, stateDir, signal);
    showPlaces(stack, stateDir);
    await aborted(signal);
  } finally {
    await stack.stop();
    console.log('Stopped.');
  }
}

/** Takes the sample through the presigned route and tells each step. */
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
    const tell = (step: string, what: string) => console.log(`  ${step.padEnd(12)} ${what}`);
    if (upload.kind === 'uploaded') {
      tell('uploaded', `${sampleFilename}, ${count(inspected.sizeBytes)} bytes, through a presigned URL`);
    }
    let isTold = false;
    const row = await waitForFile(upload, {
      database,
      bucket: stack.s3.bucket,
      signal,
      onChange: ({ id }) => {
        if (!isTold && upload.kind === 'uploaded') tell('registered', `as file ${id}`);
        isTold = true;
      },
    });
    const elapsedMs = Math.round(performance.now() - startedAt);
    if (upload.kind === 'stored') {
      tell(
        'already there',
        `${sampleFilename} is a duplicate of file ${row.id}: ${count(row.intervals_read)} intervals`,
      );
    } else if (row.status === 'normalized') {
      const what = `${count(row.intervals_read)} intervals of ${count(row.esiid_count)} ESIID`;
      tell('normalized', `${what}, ${count(rejectedOf(row).total)} rejected, ${count(elapsedMs)} ms`);
    } else {
      tell(row.status, summaryOf(row));
    }
  } finally {
    await database.close();
  }
}

function showPlaces({ apiUrl, databaseUrl, logs }: LocalStack, stateDir: string): void {
  const token = shownPath(adminTokenFile(stateDir));
  console.log(`
  Raw files    ${apiUrl}/admin/smt/raw          (drop files here; asks for the token)
  Usage        ${apiUrl}/usage
  API          ${apiUrl}          (GET ${apiUrl}/health)
  Token        ${token}          (curl -H "x-admin-token: $(cat ${token})" …)
  Database     psql '${databaseUrl}'
  Logs         ${shownPath(logs.dir)}
  More files   npm run ingest -- FILE…

Up until Ctrl-C. State stays in ${shownPath(stateDir)}; --fresh starts over.`);
}

function readArguments(): { port: number; isFresh: boolean } {
  try {
    const { values } = parseArgs({
      options: { port: { type: 'string' }, fresh: { type: 'boolean' }, help: { type: 'boolean' } },
    });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    const text = values.port ?? (process.env.PORT || String(defaultPort));
    const port = Number(text);
    if (!/^\d+$/.test(text) || port > 65_535) throw new Error(`${text} is not a port`);
    return { port, isFresh: values.fresh ?? false };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}

/** What went wrong, in one line where one is enough. */
function explain(error: unknown): string {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is taken. Choose another: npm start -- --port N`;
  if (error instanceof StackRunningError) return `${error.message} Stop it first, or use it.`;
  return error instanceof Error ? error.message : String(error);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof InterruptedError)) {
    console.error(explain(error));
    process.exitCode = 1;
  }
}
