import { sql } from 'kysely';
import type { Database } from '../database.ts';

/**
 * Notes that the outcome of this attempt was announced. A later attempt's outcome still has to be: its number differs.
 * @returns false if there was nothing to note
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
