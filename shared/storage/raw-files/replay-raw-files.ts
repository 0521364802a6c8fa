import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database.ts';
import { pendingStatuses, type RawFileStatus } from '../tables.ts';
import { filesOfEsiid } from './esiids-of-file.ts';
import { hasStatus } from './has-status.ts';

/** Which files to normalize again; omitted fields do not restrict. */
export interface ReplayFilter {
  /** Only files of this bucket, whose objects and queue the caller has. */
  readonly bucket: string;
  readonly ids?: readonly string[] | undefined;
  readonly statuses?: readonly RawFileStatus[] | undefined;
  readonly esiid?: string | undefined;
  readonly source?: string | undefined;
  /** Only files with a greater id, to continue after a limit. */
  readonly after?: string | undefined;
  readonly limit: number;
  /** Changes nothing, returns what would change. */
  readonly dryRun: boolean;
}

export interface ReplayedFile {
  readonly id: string;
  readonly filename: string;
  readonly source: string;
  readonly esiid: string | null;
  /** Its status before. */
  readonly previousStatus: RawFileStatus;
}

/**
 * Returns files to `registered`, oldest first, from any status; skips files with a live lease. The caller queues them. Harmless at any time: blocks are a set, so loading again adds only what is missing.
 */
export async function replayRawFiles(
  database: Database,
  filter: ReplayFilter,
): Promise<readonly ReplayedFile[]> {
  const columns = sql`file.id, filename, source, esiid`;
  const chosen = sql`
    select id, status
    from raw_files
    where ${sql.join(conditions(filter), sql` and `)}
    order by id
    limit ${filter.limit}`;
  const statement = filter.dryRun
    ? sql<ReplayedFile>`
        with chosen as (${chosen})
        select ${columns}, chosen.status as "previousStatus"
        from chosen join raw_files file using (id)
        order by id`
    : sql<ReplayedFile>`
        with chosen as (${chosen} for update skip locked), replayed as (
          update raw_files file
          set status = 'registered', duplicate_of = null,
            replayed_from = case when file.status in (${sql.join(pendingStatuses)}) then file.replayed_from else file.status end, lost_attempts = 0, lease_token = null,
            lease_expires_at = null, error_code = null, error_message = null, queued_at = null,
            replayed_at = now(), updated_at = now()
          from chosen
          where file.id = chosen.id and (file.status <> 'normalizing' or file.lease_expires_at <= now())
          returning ${columns}, chosen.status as "previousStatus"
        ), lost as (
          update normalize_attempts
          set ended_at = now(), outcome = 'lost'
          where raw_file_id in (select id from replayed) and outcome is null
        )
        select * from replayed order by id`;
  return (await statement.execute(database.kysely)).rows;
}

function conditions(filter: ReplayFilter): RawBuilder<unknown>[] {
  const { bucket, ids, statuses, esiid, source, after } = filter;
  return [
    sql`bucket = ${bucket}`,
    sql`(status <> 'normalizing' or lease_expires_at <= now())`,
    // A withdrawn file is replayed only if it is selected by id or by that status.
    ...(ids === undefined && statuses === undefined ? [sql`status <> 'withdrawn'`] : []),
    ...(ids === undefined ? [] : [sql`id = any(${ids}::bigint[])`]),
    ...(statuses === undefined ? [] : [hasStatus(statuses)]),
    ...(esiid === undefined ? [] : [sql`id in ${filesOfEsiid(esiid)}`]),
    ...(source === undefined ? [] : [sql`source = ${source}`]),
    ...(after === undefined ? [] : [sql`id > ${after}`]),
  ];
}
