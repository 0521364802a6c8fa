import { type Kysely, sql } from 'kysely';

/** Which ESIIDs a file holds, for its announcement and for a replay by ESIID. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`
    alter table raw_smt_files
      add column esiids text[] not null default '{}',
      add column esiid_count integer not null default 0`.execute(database);
  await sql`create index raw_smt_files_esiids on raw_smt_files using gin (esiids)`.execute(database);
}
