import { sql } from 'kysely';
import type { Channel } from '../../intervals/block.ts';
import type { Database } from '../database.ts';
import { intervalsAsOf, loadedBy } from './as-of.ts';

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

/** Channels, first and last days of some ESIIDs, in order; those without data are left out; null for `asOf` means now. Both ends come from the primary key. */
export async function readExtents(
  database: Database,
  esiids: readonly string[],
  asOf: Date | null = null,
): Promise<readonly EsiidExtent[]> {
  const { rows } = await sql<EsiidExtent>`
    with ends as (
      select esiid, channel,
        (select usage_date from interval_blocks block where ${loadedBy(asOf)} (block.esiid, block.channel) = (meters.esiid, known.channel)
          order by usage_date limit 1) as first_date,
        (select usage_date from interval_blocks block where ${loadedBy(asOf)} (block.esiid, block.channel) = (meters.esiid, known.channel)
          order by usage_date desc limit 1) as last_date
      from unnest(${esiids}::text[]) meters (esiid) cross join unnest(enum_range(null::smt_channel)) known (channel)
    ), extents as (
      select esiid, array_agg(channel::text order by channel) as channels,
        min(first_date) as first_date, max(last_date) as last_date
      from ends
      where first_date is not null
      group by esiid
    )
    select esiid, channels, first_date as "firstDate", last_date as "lastDate",
      (select min(ts) from ${intervalsAsOf(asOf)} day where day.esiid = extents.esiid and usage_date = first_date)
        as "firstIntervalAt",
      (select max(ts) from ${intervalsAsOf(asOf)} day where day.esiid = extents.esiid and usage_date = last_date)
        as "lastIntervalAt"
    from extents
    order by esiid`.execute(database.kysely);
  return rows;
}
