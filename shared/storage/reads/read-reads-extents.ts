import { sql } from 'kysely';
import type { Channel } from '../../intervals/block.ts';
import type { Database } from '../database.ts';

export interface ReadsExtent {
  readonly esiid: string;
  readonly channels: readonly Channel[];
  /** The first and the last day that a daily or monthly read covers. */
  readonly firstDate: string;
  readonly lastDate: string;
}

/** Channels, first and last days of the reads of some ESIIDs; those without reads are left out. Ends come from the primary keys. */
export async function readReadsExtents(
  { kysely }: Database,
  esiids: readonly string[],
): Promise<readonly ReadsExtent[]> {
  const { rows } = await sql<ReadsExtent>`
    select esiid, array_agg(channel::text order by channel) as channels,
      min(least(first_day, first_period)) as "firstDate", max(greatest(last_day, last_period)) as "lastDate"
    from unnest(${esiids}::text[]) meters (esiid)
    cross join unnest(enum_range(null::smt_channel)) known (channel)
    cross join lateral (
      select
        (select usage_date from daily_reads read where (read.esiid, read.channel) = (meters.esiid, known.channel)
          order by usage_date limit 1) as first_day,
        (select usage_date from daily_reads read where (read.esiid, read.channel) = (meters.esiid, known.channel)
          order by usage_date desc limit 1) as last_day,
        (select start_date from monthly_reads read where (read.esiid, read.channel) = (meters.esiid, known.channel)
          order by start_date limit 1) as first_period,
        (select end_date - 1 from monthly_reads read where (read.esiid, read.channel) = (meters.esiid, known.channel)
          order by start_date desc, end_date desc limit 1) as last_period
    ) ends
    where first_day is not null or first_period is not null
    group by esiid`.execute(kysely);
  return rows;
}
