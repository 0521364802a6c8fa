import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../shared/storage/database.ts';
import {
  DatabaseDivergedError,
  DatabaseNewerError,
  ForeignTablesError,
  PostgresTooOldError,
} from '../../shared/storage/errors.ts';
import { assertSupportedServer, migrate } from '../../shared/storage/schema/migrate.ts';
import { migrations } from '../../shared/storage/schema/migrations/index.ts';
import { createFreshDatabase } from '../support/database.ts';

async function emptyDatabase() {
  const fresh = await createFreshDatabase('empty');
  onTestFinished(() => fresh.drop());
  return fresh;
}

test('Migrating an empty database runs every migration, migrating it again runs none', async () => {
  const database = (await emptyDatabase()).open();

  const first = await migrate(database);
  const second = await migrate(database);

  expect(first).toEqual(Object.keys(migrations));
  expect(second).toEqual([]);
});

test('Twenty migrators at once run each migration once and none fails', async () => {
  const fresh = await emptyDatabase();
  const databases = Array.from({ length: 20 }, () => fresh.open({ maxConnections: 1 }));

  const ran = await Promise.all(databases.map((database) => migrate(database)));

  expect(ran.flat().sort()).toEqual(Object.keys(migrations));
});

test('A database that a newer version migrated is rejected, naming the unknown migrations', async () => {
  const database = (await emptyDatabase()).open();
  await migrate(database);
  await sql`insert into smt_ingest_migrations values ('9999-from-the-future', '')`.execute(database.kysely);

  const rejected = migrate(database);

  await expect(rejected).rejects.toThrow(DatabaseNewerError);
  await expect(rejected).rejects.toThrow('9999-from-the-future');
});

test('A database that another branch migrated is rejected, naming what it has and what it lacks', async () => {
  const database = (await emptyDatabase()).open();
  await migrate(database);
  const last = Object.keys(migrations).at(-1) ?? '';
  await sql`update smt_ingest_migrations set name = '9999-of-another-branch' where name = ${last}`.execute(
    database.kysely,
  );

  const rejected = migrate(database);

  await expect(rejected).rejects.toThrow(DatabaseDivergedError);
  await expect(rejected).rejects.toThrow('9999-of-another-branch');
  await expect(rejected).rejects.toThrow(last);
});

test.each(['raw_files', 'raw_smt_files', 'SmtInterval'])(
  'A foreign table %s is rejected and left untouched',
  async (name) => {
    const database = (await emptyDatabase()).open();
    await sql`create table ${sql.table(name)} (mine text)`.execute(database.kysely);
    await sql`insert into ${sql.table(name)} values ('still here')`.execute(database.kysely);

    const rejected = migrate(database);

    await expect(rejected).rejects.toThrow(ForeignTablesError);
    await expect(rejected).rejects.toThrow(name);
    const { rows } = await sql`select * from ${sql.table(name)}`.execute(database.kysely);
    expect(rows).toEqual([{ mine: 'still here' }]);
    const tables = await sql`select from pg_class where relname = 'interval_blocks'`.execute(database.kysely);
    expect(tables.rows).toHaveLength(0);
  },
);

test('PostgreSQL 14 is rejected, 15 is not', () => {
  expect(() => assertSupportedServer(140_011)).toThrow(PostgresTooOldError);
  expect(() => assertSupportedServer(140_011)).toThrow('14.11');
  expect(() => assertSupportedServer(150_000)).not.toThrow();
});

test('A migration that waits for a lock leaves the lock queue and retries', async () => {
  const fresh = await emptyDatabase();
  const { connectionString } = fresh;
  const owner = openDatabase({
    connectionString,
    maxConnections: 2,
    applicationName: 'owner',
    lockTimeoutMs: 100,
  });
  onTestFinished(() => owner.close());
  await migrate(owner);
  const reader = await fresh.open().connect();
  await reader.query('begin');
  await reader.query('lock table smt_ingest_migrations_lock in access exclusive mode');

  const migrated = migrate(owner);
  await setTimeout(1_000); // ten times the lock timeout: without another attempt it has failed by now
  await reader.query('commit');
  reader.release();

  expect(await migrated).toEqual([]);
});
