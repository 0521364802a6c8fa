import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { pendingStatuses } from '../tables.ts';

/**
 * Records that messages for these files were sent. Skips files with a final status and locked rows: a worker
 * already has the file, or its host was lost and the lock must not block others.
 */
export async function markQueued({ kysely }: Database, ids: readonly string[]): Promise<void> {
  const unlocked = kysely
    .selectFrom('raw_files')
    .select('id')
    .where('id', '=', sql<string>`any(${ids}::bigint[])`)
    .where('status', 'in', pendingStatuses)
    .forUpdate()
    .skipLocked();
  await kysely
    .updateTable('raw_files')
    .set({ queued_at: sql`now()`, updated_at: sql`now()` })
    .where('id', 'in', unlocked)
    .execute();
}
