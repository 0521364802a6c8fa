import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Database } from './database.ts';
import {
  DatabaseNewerError,
  ForeignTablesError,
  MigrationFailedError,
  PostgresTooOldError,
} from './errors.ts';
import { migrations } from './migrations/index.ts';

const migrationTable = 'smt_ingest_migrations';
const migrationLockTable = 'smt_ingest_migrations_lock';
const oldestServer = 150_000;

/**
 * Brings the schema up to date, in one transaction under a lock: run twice or by several at once, each migration runs once.
 * @returns the names of those that ran now
 * @throws PostgresTooOldError, ForeignTablesError, DatabaseNewerError before anything is changed; MigrationFailedError
 */
export async function migrate(database: Database): Promise<readonly string[]> {
  assertSupportedServer(await readServerVersion(database));
  await assertTablesAreOurs(database);
  const migrator = new Migrator({
    db: database.kysely,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: migrationTable,
    migrationLockTableName: migrationLockTable,
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw new MigrationFailedError(error);
  return (results ?? []).map((result) => result.migrationName);
}

/** @param version as server_version_num has it: 150004 for 15.4 */
export function assertSupportedServer(version: number): void {
  if (version >= oldestServer) return;
  throw new PostgresTooOldError(`${Math.floor(version / 10_000)}.${version % 10_000}`);
}

async function readServerVersion({ kysely }: Database): Promise<number> {
  const { rows } = await sql<{ version: string }>`
    select current_setting('server_version_num') as version`.execute(kysely);
  return Number(rows[0]?.version);
}

/**
 * Looks for tables of our names first, for our migrations after: the two appear in one transaction, so what another
 * migrator makes in between is taken for ours.
 */
async function assertTablesAreOurs(database: Database): Promise<void> {
  const found = await findTables(database, [
    'raw_smt_files',
    'SmtInterval',
    'smt_intervals',
    'interval_blocks',
  ]);
  const applied = await readAppliedMigrations(database);
  const unknown = applied.filter((name) => !(name in migrations));
  if (unknown.length > 0) throw new DatabaseNewerError(unknown);
  if (applied.length === 0 && found.length > 0) throw new ForeignTablesError(found);
}

async function readAppliedMigrations(database: Database): Promise<readonly string[]> {
  if ((await findTables(database, [migrationTable])).length === 0) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(migrationTable)}`.execute(
    database.kysely,
  );
  return rows.map((row) => row.name);
}

async function findTables({ kysely }: Database, names: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name
    from pg_class
    where relnamespace = current_schema()::regnamespace and relname = any(${names})`.execute(kysely);
  return rows.map((row) => row.name);
}
