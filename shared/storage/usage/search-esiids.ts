import { type RawBuilder, sql } from 'kysely';
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
 * ESIIDs that have intervals or reads, in order.
 *
 * The recursive walk jumps from one ESIID to the next in the primary keys, so its cost depends on the ESIIDs it visits and
 * not on the table's size: SELECT DISTINCT reads every block. Digits in the middle of an ESIID have no index, so a search for
 * rare ones reads many; it stops at a maximum and returns the position for the next page.
 */
export async function searchEsiids(
  database: Database,
  { containing, after, limit, maxScanned }: EsiidSearch,
): Promise<FoundEsiids> {
  const { rows } = await sql<{ esiids: string[]; stoppedAt: string | null }>`
    with recursive scanned (esiid, number) as (
      select ${nextEsiid(sql`${after}`)}, 1
      union all
      select ${nextEsiid(sql`scanned.esiid`)}, number + 1
      from scanned
      where number < ${maxScanned} and esiid is not null
    ), matching as (
      select esiid from scanned where position(${containing} in esiid) > 0 limit ${limit}
    )
    select coalesce(array_agg(esiid order by esiid), '{}') as esiids,
      case when count(*) < ${limit} then (select esiid from scanned where number = ${maxScanned}) end as "stoppedAt"
    from matching`.execute(database.kysely);
  return rows[0] ?? { esiids: [], stoppedAt: null };
}

/** The least ESIID after another, of intervals and reads; null after the last. */
function nextEsiid(after: RawBuilder<unknown>): RawBuilder<unknown> {
  const nextIn = (table: string) =>
    sql`(select esiid from ${sql.table(table)} data where data.esiid > ${after} order by esiid limit 1)`;
  return sql`least(${sql.join(['interval_blocks', 'daily_reads', 'monthly_reads'].map(nextIn))})`;
}
