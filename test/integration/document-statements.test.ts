import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { migrate } from '../../shared/storage/schema/migrate.ts';
import { codeBlocks } from '../support/code-blocks.ts';
import { freshDatabase } from '../support/database.ts';
import { databaseWithUsers } from '../support/database-users.ts';
import { esiidA, loadFile, newBlock } from '../support/rows.ts';

test.each(['infra/RUNBOOK.md', 'infra/DEPLOY.md'])('Every SQL statement of %s runs', async (file) => {
  const { pool } = await freshDatabase();
  const statements = codeBlocks(readFileSync(file, 'utf8'), 'sql');

  const client = await pool.connect();
  for (const statement of statements) {
    await client.query('begin'); // users of a server outlive the test's database
    await client.query(statement);
    await client.query('rollback');
  }
  client.release();

  expect(statements.length).toBeGreaterThanOrEqual(3);
});

test('The cut-over compares what differs, and then the statements of the main app read the new tables', async () => {
  const { open, asAdmin } = await databaseWithUsers();
  await asAdmin(`create table raw_smt_files (id text primary key, source text);
    create table "SmtInterval" (esiid text, ts timestamptz, kwh float8);
    insert into "SmtInterval" values ('${esiidA}', '2025-01-15 00:00 America/Chicago', 0.25);
    do $$ begin execute format('grant create on database %I to public', current_database()); end $$`);
  const owner = open('owner', 'smt');
  await migrate(owner);
  await loadFile(owner, [newBlock()]);
  const [compare = '', cutOver = ''] = codeBlocks(readFileSync('infra/DEPLOY.md', 'utf8'), 'sql cut-over');

  await asAdmin(`create table differences as ${compare}`);
  await asAdmin(cutOver);
  await asAdmin('grant select on differences, "SmtInterval", raw_smt_files to public');

  const { pool } = open('reader');
  expect((await pool.query('select old_count, new_count from differences')).rows).toEqual([
    { old_count: '1', new_count: '96' },
  ]);
  const counted = async (statement: string) => (await pool.query(statement)).rows;
  expect(await counted(`SELECT COUNT(*) FROM "SmtInterval" WHERE esiid='${esiidA}'`)).toEqual([
    { count: '96' },
  ]);
  expect(await counted("SELECT COUNT(*) FROM raw_smt_files WHERE source='droplet-upload'")).toEqual([
    { count: '1' },
  ]);
});
