import { type Kysely, sql } from 'kysely';

/** Files and what happened to them: raw_smt_files, normalize_attempts, upload_requests, rejected_rows. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`
    create table raw_smt_files (
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
      status text not null default 'registered'
        check (status in ('registered', 'normalizing', 'normalized', 'failed', 'ignored', 'duplicate')),
      duplicate_of bigint references raw_smt_files,
      self_contained boolean not null default false,
      attempts integer not null default 0,
      lost_attempts integer not null default 0,
      lease_token uuid,
      lease_expires_at timestamptz,
      error_code text,
      error_message text,
      rows_read bigint not null default 0,
      intervals_read bigint not null default 0,
      duplicate_rows bigint not null default 0,
      conflicting_rows bigint not null default 0,
      missing_kwh bigint not null default 0,
      nonexistent_hour bigint not null default 0,
      invalid_esiid bigint not null default 0,
      invalid_timestamp bigint not null default 0,
      invalid_kwh bigint not null default 0,
      invalid_row bigint not null default 0,
      blocks_inserted bigint not null default 0,
      blocks_unchanged bigint not null default 0,
      intervals_inserted bigint not null default 0,
      members jsonb not null default '[]',
      interval_min_at timestamptz,
      interval_max_at timestamptz,
      registered_at timestamptz not null default now(),
      queued_at timestamptz,
      normalized_at timestamptz,
      announced_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (bucket, object_key, version_id),
      check ((status = 'duplicate') = (duplicate_of is not null)),
      check ((status = 'normalizing') = (lease_token is not null)),
      check ((lease_token is null) = (lease_expires_at is null)),
      check (status <> 'failed' or error_code is not null)
    )`.execute(database);
  await sql`create index raw_smt_files_sha256 on raw_smt_files (sha256)`.execute(database);
  await sql`create index raw_smt_files_received on raw_smt_files (received_at desc, id desc)`.execute(
    database,
  );
  for (const column of ['status', 'source', 'esiid']) {
    const name = sql.id(`raw_smt_files_${column}`);
    await sql`create index ${name} on raw_smt_files (${sql.id(column)}, received_at desc, id desc)`.execute(
      database,
    );
  }
  await sql`
    create index raw_smt_files_unannounced on raw_smt_files (normalized_at)
      where status = 'normalized' and announced_at is null`.execute(database);

  await sql`
    create table normalize_attempts (
      raw_file_id bigint not null references raw_smt_files,
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
    )`.execute(database);

  await sql`
    create table upload_requests (
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
    )`.execute(database);
  await sql`create index upload_requests_expires on upload_requests (expires_at)`.execute(database);

  await sql`
    create table rejected_rows (
      raw_file_id bigint not null references raw_smt_files,
      position smallint not null,
      member text,
      line_number bigint not null,
      reason text not null,
      row_text text not null,
      primary key (raw_file_id, position)
    )`.execute(database);
}
