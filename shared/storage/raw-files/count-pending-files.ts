import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { pendingStatuses } from '../tables.ts';
import { hasStatus } from './has-status.ts';

export interface PendingFiles {
  /** Registered or normalizing, however young. */
  readonly count: number;
  /** Since the oldest of them was registered or replayed; 0 if there is none. */
  readonly oldestAgeSeconds: number;
}

/** How many files of a bucket are pending, and for how long. */
export async function countPendingFiles({ kysely }: Database, bucket: string): Promise<PendingFiles> {
  const { rows } = await sql<PendingFiles>`
    select count(*)::int as count,
      coalesce(extract(epoch from now() - min(coalesce(replayed_at, least(received_at, registered_at)))), 0)::float8 as "oldestAgeSeconds"
    from raw_files
    where bucket = ${bucket} and ${hasStatus(pendingStatuses)}`.execute(kysely);
  return rows[0] ?? { count: 0, oldestAgeSeconds: 0 };
}
