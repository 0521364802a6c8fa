/** Files and what happened to them: raw_files, unfinished_files, normalize_attempts, upload_requests, sync_runs, rejected_rows. */
export const rawFileTables: readonly string[] = [
  // Each file's row is updated four times within seconds: queued, claimed, finished, announced. No index has a column that these
  // change, so they are heap-only updates: no index is written, and a page is cleaned by whoever writes to it next. So the index
  // by status is one of exceptional_status, and unfinished files are in a table of their own. filename and sha256 are long, and
  // only looked up whole.
  // replayed_at is the start of a replayed file's pending time; replayed_from the final status that it had, to which it returns if
  // it can no longer be read.
  `create table raw_files (
    id bigint generated always as identity primary key,
    bucket text not null,
    object_key text not null,
    version_id text not null,
    etag text,
    filename text not null,
    size_bytes bigint not null check (size_bytes >= 0),
    sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
    content_type text,
    source text not null,
    esiid text,
    received_at timestamptz not null,
    status text not null default 'registered' check (
      status in ('registered', 'normalizing', 'normalized', 'failed', 'ignored', 'duplicate', 'withdrawn')
    ),
    exceptional_status text generated always as (
      case when status not in ('registered', 'normalizing', 'normalized') then status end
    ) stored,
    duplicate_of bigint references raw_files,
    self_contained boolean not null default false,
    attempts integer not null default 0,
    lost_attempts integer not null default 0,
    lease_token uuid,
    lease_expires_at timestamptz,
    error_code text,
    error_message text,
    rows_read bigint not null default 0,
    intervals_read bigint not null default 0,
    daily_reads_read bigint not null default 0,
    monthly_reads_read bigint not null default 0,
    duplicate_rows bigint not null default 0,
    conflicting_rows bigint not null default 0,
    missing_kwh bigint not null default 0,
    nonexistent_hour bigint not null default 0,
    invalid_esiid bigint not null default 0,
    invalid_timestamp bigint not null default 0,
    invalid_kwh bigint not null default 0,
    invalid_reading bigint not null default 0,
    invalid_row bigint not null default 0,
    blocks_inserted bigint not null default 0,
    blocks_unchanged bigint not null default 0,
    blocks_suppressed bigint not null default 0,
    intervals_inserted bigint not null default 0,
    daily_reads_inserted bigint not null default 0,
    monthly_reads_inserted bigint not null default 0,
    members jsonb not null default '[]',
    esiid_count integer not null default 0,
    interval_min_at timestamptz,
    interval_max_at timestamptz,
    registered_at timestamptz not null default now(),
    queued_at timestamptz,
    normalized_at timestamptz,
    announced_at timestamptz,
    replayed_at timestamptz,
    replayed_from text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (bucket, object_key, version_id),
    check ((status = 'duplicate') = (duplicate_of is not null)),
    check ((status = 'normalizing') = (lease_token is not null)),
    check ((lease_token is null) = (lease_expires_at is null)),
    check (status <> 'failed' or error_code is not null)
  )`,
  'create index raw_files_filename on raw_files using hash (filename)',
  'create index raw_files_sha256 on raw_files using hash (sha256)',
  'create index raw_files_received on raw_files (received_at desc, id desc)',
  `create index raw_files_status on raw_files (exceptional_status, received_at desc, id desc)
    where exceptional_status is not null`,
  'create index raw_files_source on raw_files (source, received_at desc, id desc)',
  'create index raw_files_esiid on raw_files (esiid, received_at desc, id desc) where esiid is not null',
  'create index raw_files_duplicate_of on raw_files (duplicate_of) where duplicate_of is not null',

  // Files to normalize or to announce. A trigger keeps it, so that no statement that changes a status can forget it.
  'create table unfinished_files (raw_file_id bigint primary key)',
  `create function note_unfinished_file() returns trigger language plpgsql as $$
    begin
      if new.status in ('registered', 'normalizing') or new.status = 'normalized' and new.announced_at is null then
        insert into unfinished_files (raw_file_id) values (new.id) on conflict do nothing;
      else
        delete from unfinished_files where raw_file_id = new.id;
      end if;
      return null;
    end $$`,
  `create trigger note_unfinished_file after insert or update of status, announced_at on raw_files
    for each row execute function note_unfinished_file()`,

  `create table normalize_attempts (
    raw_file_id bigint not null references raw_files,
    attempt integer not null,
    lease_token uuid not null,
    worker_id text not null,
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    outcome text check (outcome in ('normalized', 'failed', 'ignored', 'retry', 'lost')),
    error_code text,
    error_message text,
    primary key (raw_file_id, attempt),
    check ((ended_at is null) = (outcome is null))
  )`,

  `create table upload_requests (
    object_key text primary key,
    filename text not null,
    size_bytes bigint not null,
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    source text not null,
    esiid text,
    content_type text,
    client_received_at timestamptz,
    requested_at timestamptz not null default now(),
    expires_at timestamptz not null,
    request_count integer not null default 1
  )`,
  'create index upload_requests_expires on upload_requests (expires_at)',

  `create table sync_runs (
    source text primary key,
    reported_at timestamptz not null default now(),
    succeeded_at timestamptz not null default now(),
    error_code text,
    files_listed integer,
    files_delivered integer not null,
    files_duplicate integer not null,
    files_waiting integer not null,
    files_failed integer not null,
    file_error_code text,
    newest_modified_at timestamptz
  )`,

  `create table rejected_rows (
    raw_file_id bigint not null references raw_files,
    position smallint not null,
    member text,
    line_number bigint not null,
    reason text not null,
    row_text text not null,
    primary key (raw_file_id, position)
  )`,
];
