import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database.ts';
import { pendingStatuses, type RawFileStatus, rawFileStatuses } from '../tables.ts';
import { hasStatus } from './has-status.ts';

/** Maximum that is counted of files of a status; beyond it, a count is a lower bound. */
const maxCounted = 1_000;

/** Where the files of a system stand. */
export interface FileStatus {
  /** Files received today, a day in Texas, by status; statuses without any are left out. */
  readonly today: Readonly<Partial<Record<RawFileStatus, number>>>;
  /** Files that have failed and were not replayed, at most a thousand. */
  readonly failed: number;
  /** Files received since the instant that was asked for, by status, each at most a thousand. */
  readonly since: Readonly<Partial<Record<RawFileStatus, number>>>;
  /** Of the last thousand files of a day, those registered so long after they arrived that their events were lost. */
  readonly registeredLate: number;
  /** The pending file that has waited longest, since it was received or replayed. */
  readonly oldestPending: { readonly id: string; readonly filename: string; readonly since: Date } | null;
  /** The last presigned upload that was granted. */
  readonly lastUploadRequest: { readonly source: string; readonly requestedAt: Date } | null;
}

export interface FileStatusQuery {
  readonly bucket: string;
  /** Start of `since`. */
  readonly since: Date;
  /** How long an event may be in flight. */
  readonly graceMs: number;
}

/** Every part is read from the end of an index; the costs grow with the files of today and with those that are pending. */
export async function readFileStatus(database: Database, query: FileStatusQuery): Promise<FileStatus> {
  const [counts, failed, registeredLate, oldestPending, lastUploadRequest] = await Promise.all([
    countByStatus(database, query.since),
    countFailed(database),
    countRegisteredLate(database, query.graceMs),
    findOldestPending(database, query.bucket),
    findLastUploadRequest(database),
  ]);
  return { ...counts, failed, registeredLate, oldestPending, lastUploadRequest };
}

interface StatusCounts {
  readonly status: RawFileStatus;
  readonly today: number;
  readonly since: number;
}

async function countByStatus({ kysely }: Database, since: Date) {
  const { rows } = await sql<StatusCounts>`
    with received as (
      select status, count(*)::integer as today
      from raw_files
      where received_at >= timezone('America/Chicago', date_trunc('day', timezone('America/Chicago', now())))
      group by status
    ), counted as (
      ${sql.join(
        rawFileStatuses.map(
          (status) => sql`
            select ${status} as status, ${countAtMost(sql`${hasStatus([status])} and received_at > ${since}`)} as since`,
        ),
        sql` union all `,
      )}
    )
    select status, coalesce(today, 0) as today, since
    from counted left join received using (status)`.execute(kysely);
  const by = (count: 'today' | 'since') =>
    Object.fromEntries(rows.filter((row) => row[count] > 0).map((row) => [row.status, row[count]]));
  return { today: by('today'), since: by('since') };
}

async function countFailed({ kysely }: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select ${countAtMost(hasStatus(['failed']))} as count`.execute(kysely);
  return rows[0]?.count ?? 0;
}

/** How many files fulfill a condition, {@link maxCounted} at most. */
function countAtMost(condition: RawBuilder<unknown>): RawBuilder<number> {
  return sql`(
    select count(*)::integer from (select from raw_files where ${condition} limit ${maxCounted}) counted
  )`;
}

async function countRegisteredLate({ kysely }: Database, graceMs: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count
    from (
      select received_at, registered_at from raw_files
      where received_at > now() - interval '1 day'
      order by received_at desc
      limit ${maxCounted}
    ) recent
    where registered_at > received_at + ${graceMs} * interval '1 millisecond'`.execute(kysely);
  return rows[0]?.count ?? 0;
}

async function findOldestPending({ kysely }: Database, bucket: string): Promise<FileStatus['oldestPending']> {
  const { rows } = await sql<NonNullable<FileStatus['oldestPending']>>`
    select id, filename, coalesce(replayed_at, received_at) as since
    from raw_files
    where bucket = ${bucket} and ${hasStatus(pendingStatuses)}
    order by since
    limit 1`.execute(kysely);
  return rows[0] ?? null;
}

async function findLastUploadRequest({ kysely }: Database): Promise<FileStatus['lastUploadRequest']> {
  const row = await kysely
    .selectFrom('upload_requests')
    .select(['source', 'requested_at as requestedAt'])
    .orderBy('expires_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}
