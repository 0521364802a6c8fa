import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { pendingStatuses } from '../tables.ts';
import { hasStatus } from './has-status.ts';

/**
 * Stuck files of a bucket, oldest first: registered with the last message sent so long ago that it must have been lost, or
 * normalizing under an expired lease. Leaves out locked rows: a worker has them, or its host was lost and the server will
 * close its session.
 * @param waitingMs how long a message may wait in the queue before it counts as lost
 */
export async function listStuckFiles(
  { kysely }: Database,
  options: { readonly bucket: string; readonly waitingMs: number; readonly limit: number },
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id
    from raw_files
    where bucket = ${options.bucket} and ${hasStatus(pendingStatuses)} and (
        status = 'normalizing' and lease_expires_at < now() - interval '1 second'
        or status = 'registered' and updated_at < now() - ${options.waitingMs} * interval '1 millisecond'
      )
    order by id
    limit ${options.limit}
    for no key update skip locked`.execute(kysely);
  return rows.map(({ id }) => id);
}
