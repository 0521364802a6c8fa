import { type Kysely, sql } from 'kysely';

/** When a file was last replayed: the start of its pending time. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`alter table raw_smt_files add column replayed_at timestamptz`.execute(database);
}
