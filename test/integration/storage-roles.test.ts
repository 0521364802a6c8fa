import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Database } from '../../shared/storage/database.ts';
import { ForeignTablesError } from '../../shared/storage/errors.ts';
import { grantRoles } from '../../shared/storage/schema/grant-roles.ts';
import { migrate } from '../../shared/storage/schema/migrate.ts';
import { databaseWithUsers } from '../support/database-users.ts';
import { loadFile, newBlock } from '../support/rows.ts';

const run = async ({ kysely }: Database, statement: string) =>
  (await sql.raw<{ count: string }>(statement).execute(kysely)).rows;

test('The writer loads a file and the reader reads its intervals; neither can do more', async () => {
  const { open, users } = await databaseWithUsers();
  const [owner, writer, reader] = [open('owner'), open('writer'), open('reader')];
  await migrate(owner);
  await grantRoles(owner, users);

  await loadFile(writer, [newBlock()]);

  expect(await run(reader, 'select count(*) from smt_intervals')).toEqual([{ count: '96' }]);
  const denied = 'permission denied';
  await expect(run(writer, 'delete from interval_blocks')).rejects.toThrow(denied);
  await expect(run(writer, 'update interval_blocks set meter = null')).rejects.toThrow(denied);
  await expect(run(writer, 'delete from raw_files')).rejects.toThrow(denied);
  await expect(run(writer, 'drop table rejected_rows')).rejects.toThrow('must be owner');
  await expect(run(reader, "update raw_files set source = 'x'")).rejects.toThrow(denied);
  await expect(run(reader, 'delete from rejected_rows')).rejects.toThrow(denied);
});

test('Both users can read every table and view of the schema', async () => {
  const { open, users } = await databaseWithUsers();
  const owner = open('owner');
  await migrate(owner);
  await grantRoles(owner, users);

  const unreadable = await run(
    owner,
    `select relname, rolname
     from pg_class join pg_roles on rolname in ('${users.writer}', '${users.reader}')
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')
       and relname not like 'smt_ingest_migrations%' and not has_table_privilege(rolname, pg_class.oid, 'select')`,
  );

  expect(unreadable).toEqual([]);
});

test('Grants by several concurrent deployments take effect', async () => {
  const { open, users } = await databaseWithUsers();
  const owner = open('owner');
  await migrate(owner);

  const granted = Promise.all(Array.from({ length: 5 }, () => grantRoles(owner, users)));

  await expect(granted).resolves.toHaveLength(5);
});

test('Beside tables of the same names the migration is rejected, until it has a schema of its own', async () => {
  const { open, users, asAdmin } = await databaseWithUsers();
  await asAdmin('create table raw_smt_files (mine text)');
  await asAdmin('create table "SmtInterval" (mine text)');
  const schema = 'smt "ingest"';
  const [owner, writer, reader] = [open('owner', schema), open('writer', schema), open('reader', schema)];

  await expect(migrate(open('owner'))).rejects.toThrow(ForeignTablesError);
  const first = await migrate(owner);
  const second = await migrate(owner);
  await grantRoles(owner, users);
  await loadFile(writer, [newBlock()]);

  expect(first.length).toBeGreaterThan(0);
  expect(second).toEqual([]);
  expect(await run(reader, 'select count(*) from "SmtInterval"')).toEqual([{ count: '96' }]);
  await asAdmin("insert into public.raw_smt_files values ('only the column it had')");
});

test('Two schemas of one database are migrated side by side', async () => {
  const { open } = await databaseWithUsers();

  const first = await migrate(open('owner', 'one'));
  const second = await migrate(open('owner', 'two'));

  expect(second).toEqual(first);
});
