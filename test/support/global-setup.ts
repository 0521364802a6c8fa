import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type RunningPostgres, startPostgres } from '../../infra/local/postgres.ts';
import { openDatabase } from '../../shared/storage/database.ts';
import { migrate } from '../../shared/storage/schema/migrate.ts';
import { runAdminStatement, withDatabaseName } from './database-url.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection string of the server of this run. */
    adminUrl: string;
    /** Name of the migrated database that tests clone. */
    templateName: string;
  }
}

/**
 * One Postgres for the whole run, with one migrated template database. The server is an embedded one, or the one TEST_DATABASE_URL names (say, to test on another version); never DATABASE_URL, which may be
 * production.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const server = await startOrFindServer();
  const templateName = `smt_template_${process.pid}`;
  await runAdminStatement(server.url, `drop database if exists ${templateName} with (force)`);
  await runAdminStatement(server.url, `create database ${templateName}`);
  await migrateTemplate(withDatabaseName(server.url, templateName));
  await runAdminStatement(server.url, `alter database ${templateName} allow_connections false`);
  project.provide('adminUrl', server.url);
  project.provide('templateName', templateName);
  return async () => {
    await runAdminStatement(server.url, `drop database ${templateName} with (force)`);
    await server.stop();
  };
}

async function startOrFindServer(): Promise<Pick<RunningPostgres, 'url' | 'stop'>> {
  const url = process.env.TEST_DATABASE_URL;
  if (url) return { url, stop: async () => undefined };
  const parentDir = await mkdtemp(join(await fastDirectory(), 'smt-ingest-test-'));
  const server = await startPostgres({ dataDir: join(parentDir, 'postgres'), durable: false });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await rm(parentDir, { recursive: true, force: true });
    },
  };
}

/** Memory where there is plenty, since every test makes and drops a database: that takes 35 ms there, 140 on a slow disk. */
async function fastDirectory(): Promise<string> {
  const sharedMemory = '/dev/shm';
  const space = await statfs(sharedMemory).catch(() => null);
  const freeBytes = space === null ? 0 : space.bavail * space.bsize;
  return freeBytes > 4 * 1024 ** 3 ? sharedMemory : tmpdir();
}

async function migrateTemplate(connectionString: string): Promise<void> {
  const database = openDatabase({ connectionString, maxConnections: 1, applicationName: 'test-setup' });
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
}
