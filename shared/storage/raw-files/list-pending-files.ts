import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { pendingStatuses } from '../tables.ts';

/** Which of these files still have to be normalized. */
export async function listPendingFiles(
  { kysely }: Database,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await kysely
    .selectFrom('raw_files')
    .select('id')
    .where('id', '=', sql<string>`any(${ids}::bigint[])`)
    .where('status', 'in', pendingStatuses)
    .execute();
  return new Set(rows.map(({ id }) => id));
}
