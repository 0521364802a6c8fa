import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { pendingStatuses } from '../tables.ts';

/** Records that messages for these files were sent. Files with a final status are left as they are. */
export async function markQueued(database: Database, ids: readonly string[]): Promise<void> {
  await database.kysely
    .updateTable('raw_smt_files')
    .set({ queued_at: sql`now()`, updated_at: sql`now()` })
    .where('id', '=', sql<string>`any(${ids}::bigint[])`)
    .where('status', 'in', pendingStatuses)
    .execute();
}
