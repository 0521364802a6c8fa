import type { Database } from '../database.ts';

/**
 * Leaves word that an attempt's time is nearly over and its file is not done. Should nothing more be heard of it, it ended
 * at its timeout; an attempt lost without this word died of something else.
 */
export async function recordTimeout(
  { kysely }: Database,
  { id, leaseToken }: { readonly id: string; readonly leaseToken: string },
): Promise<void> {
  await kysely
    .updateTable('normalize_attempts')
    .set({ error_code: 'timed-out', error_message: 'Its invocation ended before the file did.' })
    .where('raw_file_id', '=', id)
    .where('lease_token', '=', leaseToken)
    .where('outcome', 'is', null)
    .execute();
}
