import type { Database } from '../database.ts';

/**
 * Records that an attempt is about to time out. If it is lost afterwards, it ended at its timeout; an attempt lost without
 * this record ended for another reason.
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
