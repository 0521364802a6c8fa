import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { PrismaPg } from '@prisma/adapter-pg';

const require = createRequire(import.meta.url);
const prismaCli = require.resolve('prisma/build/index.js');
const notNeeded = '/bin/true';

type Rows = Promise<readonly Record<string, unknown>[]>;

/** What the main app calls of a model. */
interface Model {
  findMany(query?: object): Rows;
  findFirst(query?: object): Promise<Record<string, unknown> | null>;
  aggregate(query: object): Promise<Record<string, Record<string, unknown>>>;
  groupBy(query: object): Rows;
  count(query?: object): Promise<number>;
  create(query: object): Promise<unknown>;
  updateMany(query: object): Promise<{ count: number }>;
  deleteMany(query?: object): Promise<{ count: number }>;
}

export interface MainAppClient {
  readonly smtInterval: Model;
  readonly rawSmtFile: Model;
  $queryRawUnsafe(statement: string, ...values: readonly unknown[]): Rows;
  $disconnect(): Promise<void>;
}

/**
 * Prisma 6, generated from the main app's models beside this file. Its query compiler is WebAssembly from the npm package;
 * the CLI would download native engines too, which generating does not use.
 * @returns a function that opens a client on a database, and one that removes the generated code
 */
export async function generatePrismaClient() {
  const cacheDir = path.resolve(import.meta.dirname, '../../node_modules');
  const clientDir = await mkdtemp(path.join(cacheDir, '.main-app-client-')); // below node_modules, to find Prisma's runtime
  const schema = path.join(import.meta.dirname, 'schema.prisma');
  await promisify(execFile)(process.execPath, [prismaCli, 'generate', '--no-hints', '--schema', schema], {
    env: {
      ...process.env,
      CLIENT_DIR: clientDir,
      DATABASE_URL: 'postgresql://localhost',
      CHECKPOINT_DISABLE: '1',
      PRISMA_SCHEMA_ENGINE_BINARY: notNeeded,
      PRISMA_QUERY_ENGINE_LIBRARY: notNeeded,
    },
  });
  const { PrismaClient } = require(clientDir) as { PrismaClient: new (options: object) => MainAppClient };
  return {
    open: (connectionString: string) => new PrismaClient({ adapter: new PrismaPg({ connectionString }) }),
    remove: () => rm(clientDir, { recursive: true, force: true }),
  };
}
