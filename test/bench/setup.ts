import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres } from '../../infra/local/postgres.ts';
import { type LocalStack, type LocalStackOptions, startLocalStack } from '../../infra/local/stack.ts';
import { synthesize } from '../../infra/local/synthesize.ts';
import { type Database, openDatabase } from '../../shared/storage/database.ts';
import { runAdminStatement, withDatabaseName } from '../support/database-url.ts';

/** What the measures share: one Postgres, one synthesized stack, and folders that are deleted afterwards. */
export interface BenchSetup {
  /** Small data and few rounds, for a smoke test. */
  readonly isQuick: boolean;
  /** How many meters texas and partitions load, and how many days of theirs one of the tables of texas holds already. */
  readonly texas: { readonly meters: number; readonly days: number };
  /** Scratch folder. */
  readonly dir: string;
  /** Output of the CDK app, bundles included. */
  readonly assemblyDir: string;
  /** Makes an empty database; returns its connection string. */
  createDatabase(): Promise<string>;
  /** Runs the whole stack on a database, or on a new one. The bench stops it. */
  startStack(options?: Partial<LocalStackOptions>): Promise<LocalStack>;
  /** Logs progress. */
  log(text: string): void;
}

/** Sweeps and retries run at a sixth of their rate, so that none falls into a measurement. */
const timeScale = 6;

/**
 * Sets up, runs, and tears down. The Postgres is an embedded one with fsync, as in production, or the one
 * TEST_DATABASE_URL names; never DATABASE_URL, which may be production.
 */
export async function withSetup<T>(
  { isQuick, log, texas }: Pick<BenchSetup, 'isQuick' | 'log' | 'texas'>,
  run: (setup: BenchSetup) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(path.join(tmpdir(), 'smt-ingest-bench-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  try {
    const url = await findServer(dir, undo);
    const assemblyDir = await synthesize();
    const createDatabase = async () => {
      const name = `smt_bench_${randomBytes(4).toString('hex')}`;
      await runAdminStatement(url, `create database ${name}`);
      undo.push(() => runAdminStatement(url, `drop database ${name} with (force)`));
      return withDatabaseName(url, name);
    };
    const startStack = async (options: Partial<LocalStackOptions> = {}) => {
      const databaseUrl = options.databaseUrl ?? (await createDatabase());
      const stateDir = await mkdtemp(path.join(dir, 'stack-'));
      const stack = await startLocalStack({ stateDir, assemblyDir, timeScale, ...options, databaseUrl });
      undo.push(() => stack.stop());
      return stack;
    };
    return await run({ isQuick, texas, dir, assemblyDir, createDatabase, startStack, log });
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function findServer(dir: string, undo: (() => Promise<unknown>)[]): Promise<string> {
  const url = process.env.TEST_DATABASE_URL;
  if (url) return url;
  const server = await startPostgres({ dataDir: path.join(dir, 'postgres') });
  undo.push(() => server.stop());
  return server.url;
}

/** The bench's own connections to a stack's database; the caller closes them. */
export function openBenchDatabase({ databaseUrl }: LocalStack, maxConnections: number): Database {
  return openDatabase({
    connectionString: databaseUrl,
    maxConnections,
    applicationName: 'smt-ingest bench',
  });
}
