import { sql } from 'kysely';
import type { Database } from '../database.ts';

interface EsiidSearch {
  /** Digits anywhere in the ESIID; empty for all. */
  readonly containing: string;
  /** Only ESIIDs after this one. */
  readonly after: string;
  readonly limit: number;
  /** Maximum number of ESIIDs to look at. */
  readonly maxScanned: number;
}

interface FoundEsiids {
  readonly esiids: readonly string[];
  /** The last ESIID read if the maximum was reached before the limit; null otherwise. */
  readonly stoppedAt: string | null;
}

/**
 * ESIIDs of loaded files, in order, without erased ones; one may have no data any more, after a withdrawal.
 *
 * The recursive walk jumps from one ESIID to the next in an index of raw_file_meters, so its cost depends on the ESIIDs it visits
 * and not on the table's size: SELECT DISTINCT reads every row. Digits in the middle of an ESIID have no index, so a search for
 * rare ones reads many; it stops at a maximum and returns the position for the next page. Rejected: the same walk in the key of
 * interval_blocks, which is distributed on Citus, where no recursive query may read it.
 */
export async function searchEsiids(
  database: Database,
  { containing, after, limit, maxScanned }: EsiidSearch,
): Promise<FoundEsiids> {
  const { rows } = await sql<{ esiids: string[]; stoppedAt: string | null }>`
    with recursive scanned (esiid, number) as (
      (select esiid, 1 from raw_file_meters where esiid > ${after} order by esiid limit 1)
      union all
      select next.esiid, number + 1
      from scanned cross join lateral (
        select esiid from raw_file_meters where esiid > scanned.esiid order by esiid limit 1
      ) next
      where number < ${maxScanned}
    ), matching as (
      select esiid from scanned
      where position(${containing} in esiid) > 0
        and not exists (select from erased_esiids erased where erased.esiid = scanned.esiid)
      limit ${limit}
    )
    select coalesce(array_agg(esiid order by esiid), '{}') as esiids,
      case when count(*) < ${limit} then (select esiid from scanned where number = ${maxScanned}) end as "stoppedAt"
    from matching`.execute(database.kysely);
  return rows[0] ?? { esiids: [], stoppedAt: null };
}
