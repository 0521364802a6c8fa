import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { pendingStatuses } from '../tables.ts';

/** Those of these files that still have to be normalized. */
export async function listPendingFiles(
  { kysely }: Database,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly bucket: string }[]> {
  return kysely
    .selectFrom('raw_files')
    .select(['id', 'bucket'])
    .where('id', '=', sql<string>`any(${ids}::bigint[])`)
    .where('status', 'in', pendingStatuses)
    .execute();
}
