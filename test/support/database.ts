import { randomBytes } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../shared/storage/database.ts';
import { runAdminStatement, withDatabaseName } from './database-url.ts';

export interface FreshDatabase {
  readonly connectionString: string;
  /** Opens a pool on it; {@link FreshDatabase.drop} closes it. */
  open(options?: { maxConnections?: number; lockTimeoutMs?: number }): Database;
  drop(): Promise<void>;
}

/**
 * A database of its own for a test or test file, dropped afterwards.
 * @param template `migrated` (the default) has the schema, `empty` has nothing
 */
export async function createFreshDatabase(
  template: 'migrated' | 'empty' = 'migrated',
): Promise<FreshDatabase> {
  const adminUrl = inject('adminUrl');
  const name = `smt_test_${randomBytes(8).toString('hex')}`;
  const source = template === 'migrated' ? inject('templateName') : 'template0';
  // Copying the files is cheaper than the default, which writes them through the log.
  await runAdminStatement(adminUrl, `create database ${name} template ${source} strategy file_copy`);
  const connectionString = withDatabaseName(adminUrl, name);
  const opened: Database[] = [];
  return {
    connectionString,
    open({ maxConnections = 5, ...timeouts } = {}) {
      const options = { connectionString, maxConnections, applicationName: 'test', ...timeouts };
      const database = openDatabase(options);
      opened.push(database);
      return database;
    },
    async drop() {
      await Promise.all(opened.map((database) => database.close()));
      await runAdminStatement(adminUrl, `drop database ${name} with (force)`);
    },
  };
}

/** The usual case: a migrated database for the running test, dropped when it ends. */
export async function freshDatabase(options?: { lockTimeoutMs?: number }): Promise<Database> {
  const fresh = await createFreshDatabase();
  onTestFinished(() => fresh.drop());
  return fresh.open(options);
}
