import { type Kysely, sql } from 'kysely';

/** When somebody last put a file back on its way: what its age on the way counts from. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`alter table raw_smt_files add column replayed_at timestamptz`.execute(database);
}
