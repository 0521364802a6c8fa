import { type Kysely, sql } from 'kysely';

/**
 * Withdrawing raw files and erasing ESIIDs.
 *
 * A row of interval_blocks names the first file that contained it. `repeated_content` names the others: per file, ESIID and
 * channel the keys of the rows that were there when the file was loaded. So a withdrawal knows which of its rows stay because
 * another file holds them, without reading any file again; the others may have expired in S3 by then. It has rows only
 * for files that overlap, 28 bytes a block where a row per block would take 180. Its dates, revisions and contents are
 * parallel arrays; `data_table` is the table they are keys of.
 *
 * `erased_esiids` are suppressed: later loads leave them out until the erasure is lifted.
 * `erased_objects` are the object versions that hold nothing but an erased ESIID, and when they were deleted in S3.
 * `removals` is the audit trail: who removed what, when and why. None of these refers to raw_smt_files by a foreign key.
 *
 * smt_begin_load() makes loads and removals wait for each other. A load holds a shared lock while it decides which rows are
 * new and which another file contained; a removal takes it exclusively. Without it, a row could lose its last holder between a
 * load that finds the row in place and the commit that records it. It is volatile plpgsql, so that its query sees what was
 * committed while it waited for the lock, which the snapshot of the calling statement does not.
 *
 * `replayed_from` is the final status that a replayed file had, to which it returns if it can no longer be read.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`
    alter table raw_smt_files
      drop constraint raw_smt_files_status_check,
      add constraint raw_smt_files_status_check check (
        status in ('registered', 'normalizing', 'normalized', 'failed', 'ignored', 'duplicate', 'withdrawn')
      ),
      add column replayed_from text,
      add column blocks_suppressed bigint not null default 0`.execute(database);
  await sql`create index raw_smt_files_duplicate_of on raw_smt_files (duplicate_of) where duplicate_of is not null`.execute(
    database,
  );
  await sql`
    create table repeated_content (
      esiid text collate "C" not null,
      channel smt_channel not null,
      data_table text not null,
      raw_file_id bigint not null,
      dates date[] not null,
      revisions timestamptz[] not null,
      contents uuid[] not null,
      primary key (esiid, channel, data_table, raw_file_id)
    )`.execute(database);
  await sql`
    create table erased_esiids (
      esiid text collate "C" primary key,
      erased_at timestamptz not null default now()
    )`.execute(database);
  await sql`
    create table erased_objects (
      raw_file_id bigint primary key,
      esiid text collate "C" not null,
      deleted_at timestamptz
    )`.execute(database);
  await sql`create index erased_objects_pending on erased_objects (esiid) where deleted_at is null`.execute(
    database,
  );
  await sql`
    create table removals (
      id bigint generated always as identity primary key,
      action text not null check (action in ('withdraw', 'erase', 'lift-erasure')),
      raw_file_id bigint,
      esiid text collate "C",
      requested_by text not null,
      reason text not null,
      removed_at timestamptz not null default now(),
      rows_removed bigint not null default 0,
      rows_kept bigint not null default 0
    )`.execute(database);
  await sql`
    create function smt_begin_load() returns text[] language plpgsql volatile as $$
    begin
      perform pg_advisory_xact_lock_shared(7680426);
      return array(select esiid from erased_esiids);
    end $$`.execute(database);
}
