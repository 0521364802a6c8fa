import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { DatabaseError } from 'pg';
import type { Database } from '../database.ts';
import {
  DatabaseDivergedError,
  DatabaseNewerError,
  ForeignTablesError,
  MigrationFailedError,
  PostgresTooOldError,
} from '../errors.ts';
import type { Distribution } from './migrations/0001-baseline/distribution.ts';
import { migrations, migrationsFor } from './migrations/index.ts';

const migrationTable = 'smt_ingest_migrations';
const migrationLockTable = 'smt_ingest_migrations_lock';
const oldestServer = 150_000;

const lockNotAvailable = '55P03';
/** With the owner's lock timeout of 5 s (function-database.ts), about four minutes. */
const maxAttempts = 30;
const retryMs = 3_000;

/** Arbitrary: the key of the lock for creating the schema, since concurrent CREATE SCHEMA statements fail. */
const schemaLock = 7_680_424;

/**
 * Brings the schema up to date, in one transaction under a lock: each migration runs once, even with concurrent callers.
 * The schema is the first of the connection's search_path, and is created if it does not exist.
 *
 * A statement that waits for a table lock blocks all others behind it, so it waits no longer than the connection's lock
 * timeout, leaves the lock queue, and the migration is retried.
 * @param options `distribution`: `citus` distributes the data tables of a new schema over the workers of a Citus cluster; see
 *   citus.md. A schema keeps the distribution that it was created with.
 * @returns the names of the migrations that ran
 * @throws PostgresTooOldError, ForeignTablesError, DatabaseNewerError, DatabaseDivergedError before anything is changed;
 *   MigrationFailedError
 */
export async function migrate(
  database: Database,
  { distribution = 'single' }: { readonly distribution?: Distribution } = {},
): Promise<readonly string[]> {
  assertSupportedServer(await readServerVersion(database));
  const schema = await findOrCreateSchema(database);
  await assertTablesAreOurs(database);
  const migrator = new Migrator({
    db: database.kysely,
    migrationTableSchema: schema, // otherwise Kysely mistakes another schema's table of that name for ours
    provider: { getMigrations: async () => ({ ...migrationsFor(distribution) }) },
    migrationTableName: migrationTable,
    migrationLockTableName: migrationLockTable,
  });
  for (let attempt = 1; ; attempt++) {
    const { error, results } = await migrator.migrateToLatest();
    if (error === undefined) return (results ?? []).map((result) => result.migrationName);
    const isLocked = error instanceof DatabaseError && error.code === lockNotAvailable;
    if (!isLocked || attempt === maxAttempts) throw new MigrationFailedError(error);
    await delay(retryMs);
  }
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

async function findOrCreateSchema({ kysely }: Database): Promise<string> {
  const current = sql<{ schema: string | null }>`select current_schema() as schema`;
  const found = (await current.execute(kysely)).rows[0]?.schema;
  if (found) return found;
  return kysely.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${schemaLock})`.execute(transaction);
    const { rows } = await sql<{ name: string }>`
      select (parse_ident(entry))[1] as name
      from unnest(string_to_array(current_setting('search_path'), ',')) entry
      where entry !~ '[$]user'
      limit 1`.execute(transaction);
    const name = rows[0]?.name ?? 'public';
    await sql`create schema if not exists ${sql.id(name)}`.execute(transaction);
    return name;
  });
}

/**
 * Looks for tables of our names first, for our migrations after: both appear in one transaction, so tables that
 * another migrator creates in between are recognized as ours.
 */
async function assertTablesAreOurs(database: Database): Promise<void> {
  const found = await findTables(database, [
    'raw_files',
    'raw_smt_files',
    'SmtInterval',
    'smt_intervals',
    'interval_blocks',
  ]);
  const applied = await readAppliedMigrations(database);
  const unknown = applied.filter((name) => !(name in migrations));
  const lacking = Object.keys(migrations).filter((name) => !applied.includes(name));
  if (unknown.length > 0 && lacking.length > 0) throw new DatabaseDivergedError(unknown, lacking);
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
    where relnamespace = quote_ident(current_schema())::regnamespace and relname = any(${names})`.execute(
    kysely,
  );
  return rows.map((row) => row.name);
}
