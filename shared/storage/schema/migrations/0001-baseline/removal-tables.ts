/** Withdrawing raw files and erasing ESIIDs. None of these tables refers to raw_files by a foreign key. */
export const removalTables: readonly string[] = [
  // These ESIIDs are suppressed: later loads leave them out until the erasure is lifted.
  `create table erased_esiids (
    esiid text collate "C" primary key,
    erased_at timestamptz not null default now()
  )`,
  // Object versions that hold nothing but an erased ESIID, and when they were deleted in S3.
  `create table erased_objects (
    raw_file_id bigint primary key,
    esiid text collate "C" not null,
    deleted_at timestamptz
  )`,
  'create index erased_objects_pending on erased_objects (esiid) where deleted_at is null',
  // The audit trail: who removed what, when and why.
  `create table removals (
    id bigint generated always as identity primary key,
    action text not null check (action in ('withdraw', 'erase', 'lift-erasure')),
    raw_file_id bigint,
    esiid text collate "C",
    requested_by text not null,
    reason text not null,
    removed_at timestamptz not null default now(),
    rows_removed bigint not null default 0,
    rows_kept bigint not null default 0
  )`,
  // Makes loads and removals wait for each other. A load holds a shared lock while it decides which rows are new and which
  // another file contained; a removal takes it exclusively. Without it, a row could lose its last holder between a load that
  // finds the row in place and the commit that records it. It is volatile plpgsql, so that its query sees what was committed
  // while it waited for the lock, which the snapshot of the calling statement does not.
  `create function smt_begin_load() returns text[] language plpgsql volatile as $$
    begin
      perform pg_advisory_xact_lock_shared(7680426);
      return array(select esiid from erased_esiids);
    end $$`,
];
