import { type Kysely, sql } from 'kysely';

/**
 * Which ESIIDs and days a raw file holds: one row per file, ESIID and channel, written by the statement that finishes the
 * file. It replaces the list of a file's first thousand ESIIDs, and serves three readers:
 *
 * - by file (primary key): the ESIIDs of a file, and where its blocks are in interval_blocks, which has no index by file;
 * - by ESIID (second index): the files that hold an ESIID;
 * - by change (third index): what changed, in an order in which nothing that commits late is skipped. `changed_xid` is the
 *   transaction that last added or removed intervals of this file, ESIID and channel. A reader takes rows in the order
 *   (changed_xid, raw_file_id, esiid, channel), up to but excluding pg_snapshot_xmin(pg_current_snapshot()): every
 *   transaction before that one has ended, so no row can appear behind the reader. A replay that adds nothing leaves
 *   `changed_xid` unchanged. Withdrawing a file and erasing an ESIID advance it, so the days can be read again; the row stays.
 *
 * First and last date cover everything that the file has loaded for the ESIID and channel, over all attempts.
 *
 * There is no foreign key: the finishing statement holds the file's row locked, and the check would cost a lookup per row.
 * A restore from a logical dump restarts transaction numbers: set `changed_xid` to pg_current_xact_id() in all rows then,
 * and have readers start over.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`
    create table raw_file_meters (
      raw_file_id bigint not null,
      changed_xid xid8 not null default pg_current_xact_id(),
      first_usage_date date not null,
      last_usage_date date not null,
      channel smt_channel not null,
      esiid text collate "C" not null,
      primary key (raw_file_id, esiid, channel)
    )`.execute(database);
  await sql`
    insert into raw_file_meters (raw_file_id, esiid, channel, first_usage_date, last_usage_date)
    select raw_file_id, esiid, channel, min(usage_date), max(usage_date)
    from interval_blocks
    group by raw_file_id, esiid, channel`.execute(database);
  await sql`create index raw_file_meters_esiid on raw_file_meters (esiid)`.execute(database);
  await sql`create index raw_file_meters_changes on raw_file_meters (changed_xid, raw_file_id)`.execute(
    database,
  );
  await sql`alter table raw_smt_files drop column esiids`.execute(database);
}
