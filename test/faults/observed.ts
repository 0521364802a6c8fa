import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import type { Client } from 'pg';
import { isRawFileKey } from '../../shared/raw-files/object-key.ts';
import { type Intervals, intervalKey, intervalValue } from './oracle.ts';
import type { World } from './world.ts';

export interface StoredVersion {
  readonly key: string;
  readonly versionId: string;
  readonly etag: string;
  readonly receivedAtMs: number;
}

/** The existing object versions, as S3 lists them. */
export async function listVersions(world: World): Promise<StoredVersion[]> {
  const s3 = world.s3Client();
  const versions: StoredVersion[] = [];
  let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | null = {};
  while (marker) {
    const page: ListObjectVersionsCommandOutput = await s3.send(
      new ListObjectVersionsCommand({ Bucket: world.stack.s3.bucket, ...marker }),
    );
    for (const { Key = '', VersionId = '', ETag = '', Size = 0, LastModified } of page.Versions ?? []) {
      if (!isRawFileKey(Key, Size)) continue;
      const etag = ETag.replaceAll('"', '');
      versions.push({ key: Key, versionId: VersionId, etag, receivedAtMs: LastModified?.getTime() ?? 0 });
    }
    marker = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      : null;
  }
  s3.destroy();
  return versions;
}

/** The columns of raw_files that the checks read. */
export interface FileRow {
  readonly id: string;
  readonly key: string;
  readonly versionId: string;
  readonly etag: string;
  readonly filename: string;
  readonly status: string;
  readonly duplicateOf: string | null;
  readonly errorCode: string | null;
  readonly receivedAt: Date;
  readonly isAnnounced: boolean;
  readonly counts: Readonly<Record<CountName, number>>;
  /** Blocks in the table that this file was the first to hold. */
  readonly blocksOwned: number;
  readonly attemptOutcomes: readonly (string | null)[];
}

const countNames = [
  ...(['rows_read', 'intervals_read', 'duplicate_rows', 'conflicting_rows', 'missing_kwh'] as const),
  ...(['nonexistent_hour', 'invalid_esiid', 'invalid_timestamp', 'invalid_kwh'] as const),
  ...(['invalid_reading', 'invalid_row', 'daily_reads_read', 'monthly_reads_read'] as const),
  ...(['blocks_inserted', 'blocks_unchanged', 'intervals_inserted'] as const),
];
type CountName = (typeof countNames)[number];

export async function listFiles(client: Client): Promise<FileRow[]> {
  const counts = countNames.map((name) => `'${name}', ${name}`).join(', ');
  const { rows } = await client.query<FileRow>(`
    select id, object_key as key, version_id as "versionId", etag, filename, status, duplicate_of as "duplicateOf",
      error_code as "errorCode", received_at as "receivedAt", announced_at is not null as "isAnnounced",
      json_build_object(${counts}) as counts,
      (select count(*)::int from interval_blocks where raw_file_id = file.id) as "blocksOwned",
      array(select outcome from normalize_attempts where raw_file_id = file.id order by attempt) as "attemptOutcomes"
    from raw_files file
    order by id`);
  return rows;
}

export async function listIntervals(client: Client): Promise<Intervals> {
  const { rows } = await client.query<{
    esiid: string;
    channel: string;
    ts: Date;
    kwh: string;
    estimated: boolean;
  }>('select esiid, channel::text, ts, kwh, estimated from smt_intervals');
  const intervals = new Map<string, string>();
  for (const { esiid, channel, ts, kwh, estimated } of rows) {
    const key = intervalKey(esiid, channel, ts.getTime());
    // A repeated interval must not go unnoticed: two values never equal one.
    const value = intervalValue(Math.round(Number(kwh) * 100_000) / 100, estimated);
    intervals.set(key, intervals.has(key) ? `${intervals.get(key)} and ${value}` : value);
  }
  return intervals;
}

/** Attempts as their workers were recorded: `file attempt` to worker. */
export async function listAttemptWorkers(client: Client): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ attempt: string; worker: string }>(`
    select raw_file_id || ' ' || attempt as attempt, worker_id as worker from normalize_attempts`);
  return new Map(rows.map(({ attempt, worker }) => [attempt, worker]));
}

/** Transactions and temporary tables left open, and files that are still listed as work. */
export async function listLeftovers(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ what: string }>(`
    select format('%s is %s since %s', application_name, state, state_change) as what
    from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'
      and xact_start < now() - interval '1 second'
    union all
    select format('temporary table %s', oid::regclass) from pg_class where relpersistence = 't'
    union all
    select format('prepared transaction %s', gid) from pg_prepared_xacts
    union all
    select format('file %s is listed as unfinished', raw_file_id) from unfinished_files`);
  return rows.map(({ what }) => what);
}
