import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database.ts';

/**
 * The writer's rights beyond reading: blocks are only inserted, files never deleted. Only the owner withdraws files and
 * erases ESIIDs. A new table has to be added here.
 */
const writerRights = {
  raw_files: 'insert, update',
  unfinished_files: 'insert, delete',
  normalize_attempts: 'insert, update, delete',
  upload_requests: 'insert, update, delete',
  sync_runs: 'insert, update',
  rejected_rows: 'insert, delete',
  raw_file_meters: 'insert, update',
  repeated_content: 'insert, update',
  interval_blocks: 'insert',
  daily_reads: 'insert',
  monthly_reads: 'insert',
  day_disagreements: 'insert, update, delete',
} as const;

const readable = [
  ...Object.keys(writerRights),
  ...[
    'smt_blocks',
    'smt_intervals',
    'SmtInterval',
    'raw_smt_files',
    'smt_days',
    'smt_latest',
    'smt_interval_days',
    'smt_daily_reads',
    'smt_monthly_reads',
  ],
  ...['smt_day_audit', 'smt_month_audit', 'smt_register_breaks'],
  ...['erased_esiids', 'erased_objects', 'removals', 'smt_ingest_migrations'],
];

/** Arbitrary: the key of the lock for granting rights, since concurrent GRANTs on one table fail. */
const grantLock = 7_680_425;

/**
 * Grants the users of writer and reader their rights on the schema; the owner of the schema runs it after each migration.
 * Safe to repeat, and for users that are the owner itself.
 * @throws pg's DatabaseError 42704 when there is no such user
 */
export async function grantRoles(
  { kysely }: Database,
  users: { readonly writer: string; readonly reader: string },
): Promise<void> {
  await kysely.transaction().execute(async (transaction) => {
    const run = (statement: RawBuilder<unknown>) => statement.execute(transaction);
    await run(sql`select pg_advisory_xact_lock(${grantLock})`);
    const { rows } = await sql<{ schema: string }>`select current_schema() as schema`.execute(transaction);
    const schema = sql.id(rows[0]?.schema ?? 'public');
    const tables = sql.join(readable.map((name) => sql.table(name)));
    for (const user of [users.writer, users.reader]) {
      await run(sql`grant usage on schema ${schema} to ${sql.id(user)}`);
      await run(sql`grant select on ${tables} to ${sql.id(user)}`);
    }
    for (const [table, rights] of Object.entries(writerRights)) {
      await run(sql`grant ${sql.raw(rights)} on ${sql.table(table)} to ${sql.id(users.writer)}`);
    }
  });
}
