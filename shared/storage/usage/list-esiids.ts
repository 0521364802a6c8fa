import { sql } from 'kysely';
import type { Channel } from '../../intervals/block.ts';
import type { Database } from '../database.ts';

export interface EsiidExtent {
  readonly esiid: string;
  readonly channels: readonly Channel[];
  /** First and last usage date. */
  readonly firstDate: string;
  readonly lastDate: string;
  /** Starts of the first and the last interval; null when those days hold none. */
  readonly firstIntervalAt: Date | null;
  readonly lastIntervalAt: Date | null;
}

/**
 * The ESIIDs there are, in order, from after one on, with what is known of each.
 *
 * The recursive walk jumps from one ESIID to the next in the primary key, so a page costs its own length and not the
 * table's: SELECT DISTINCT reads every block. First and last days come from the ends of the same index.
 */
export async function listEsiids(
  database: Database,
  { prefix, after, limit }: { readonly prefix: string; readonly after: string; readonly limit: number },
): Promise<readonly EsiidExtent[]> {
  // A digit is always below ":", so this is where the ESIIDs with the prefix end.
  const end = `${prefix}:`;
  const { rows } = await sql<EsiidExtent>`
    with recursive meters (esiid, number) as (
      (select esiid, 1 from interval_blocks
        where esiid > ${after} and esiid >= ${prefix} and esiid < ${end} order by esiid limit 1)
      union all
      select next.esiid, number + 1
      from meters cross join lateral (
        select esiid from interval_blocks
        where esiid > meters.esiid and esiid < ${end} order by esiid limit 1
      ) next
      where number < ${limit}
    ), ends as (
      select esiid, channel,
        (select usage_date from interval_blocks block where (block.esiid, block.channel) = (meters.esiid, known.channel)
          order by usage_date limit 1) as first_date,
        (select usage_date from interval_blocks block where (block.esiid, block.channel) = (meters.esiid, known.channel)
          order by usage_date desc limit 1) as last_date
      from meters cross join unnest(enum_range(null::smt_channel)) known (channel)
    ), extents as (
      select esiid, array_agg(channel::text order by channel) as channels,
        min(first_date) as first_date, max(last_date) as last_date
      from ends
      where first_date is not null
      group by esiid
    )
    select esiid, channels, first_date as "firstDate", last_date as "lastDate",
      (select min(ts) from smt_intervals day where day.esiid = extents.esiid and usage_date = first_date)
        as "firstIntervalAt",
      (select max(ts) from smt_intervals day where day.esiid = extents.esiid and usage_date = last_date)
        as "lastIntervalAt"
    from extents
    order by esiid`.execute(database.kysely);
  return rows;
}
