import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** Notes that messages for these files were sent. Files that have come further meanwhile are left as they are. */
export async function markQueued(database: Database, ids: readonly string[]): Promise<void> {
  await database.kysely
    .updateTable('raw_smt_files')
    .set({ queued_at: sql`now()`, updated_at: sql`now()` })
    .where('id', '=', sql<string>`any(${ids}::bigint[])`)
    .where('status', 'in', ['registered', 'normalizing'])
    .execute();
}
