import { sql } from 'kysely';
import type { Database } from '../database.ts';

export interface UnfinishedFiles {
  /** Registered or normalizing, however young. */
  readonly count: number;
  /** Since the oldest of them was registered or replayed; 0 if there is none. */
  readonly oldestAgeSeconds: number;
}

/** How much of a bucket is on its way, and for how long. */
export async function countUnfinished({ kysely }: Database, bucket: string): Promise<UnfinishedFiles> {
  const { rows } = await sql<UnfinishedFiles>`
    select count(*)::int as count,
      coalesce(extract(epoch from now() - min(coalesce(replayed_at, least(received_at, registered_at)))), 0)::float8 as "oldestAgeSeconds"
    from raw_smt_files
    where bucket = ${bucket} and status in ('registered', 'normalizing')`.execute(kysely);
  return rows[0] ?? { count: 0, oldestAgeSeconds: 0 };
}

/**
 * Files of a bucket stuck on the way, oldest first: registered with no message sent for so long that it must have been
 * lost, or normalizing under a lease that has run out.
 * @param waitingMs how long a message may wait in the queue before it counts as lost
 */
export async function listStuck(
  { kysely }: Database,
  options: { readonly bucket: string; readonly waitingMs: number; readonly limit: number },
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id
    from raw_smt_files
    where bucket = ${options.bucket} and (
        status = 'normalizing' and lease_expires_at < now() - interval '1 second'
        or status = 'registered' and updated_at < now() - ${options.waitingMs} * interval '1 millisecond'
      )
    order by id
    limit ${options.limit}`.execute(kysely);
  return rows.map(({ id }) => id);
}

/** Which of these files still have to be normalized. */
export async function listOpen({ kysely }: Database, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    select id from raw_smt_files
    where id = any(${ids}::bigint[]) and status in ('registered', 'normalizing')`.execute(kysely);
  return new Set(rows.map(({ id }) => id));
}
