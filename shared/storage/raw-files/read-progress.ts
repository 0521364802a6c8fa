import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { pendingStatuses } from '../tables.ts';

export interface FileProgress {
  /** Those with a final status: normalized, ignored, failed or duplicate. */
  readonly filesProcessed: number;
  readonly intervalsInserted: number;
}

/** How far these files are. */
export async function readProgress({ kysely }: Database, ids: readonly string[]): Promise<FileProgress> {
  const { rows } = await sql<FileProgress>`
    select count(*)::int as "filesProcessed", coalesce(sum(intervals_inserted), 0)::float8 as "intervalsInserted"
    from raw_smt_files
    where id = any(${ids}::bigint[]) and status not in (${sql.join(pendingStatuses)})`.execute(kysely);
  return rows[0] ?? { filesProcessed: 0, intervalsInserted: 0 };
}
