import { sql } from 'kysely';
import type { Database } from '../database.ts';

/**
 * Records that the outcome of this attempt was announced. A later attempt's outcome stays pending: its number differs.
 * @returns false if there was nothing to record
 */
export async function markAnnounced(
  database: Database,
  { id, attempt }: { readonly id: string; readonly attempt: number },
): Promise<boolean> {
  const { numUpdatedRows } = await database.kysely
    .updateTable('raw_files')
    .set({ announced_at: sql`now()`, updated_at: sql`now()` })
    .where('id', '=', id)
    .where('status', '=', 'normalized')
    .where('attempts', '=', attempt)
    .where('announced_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
