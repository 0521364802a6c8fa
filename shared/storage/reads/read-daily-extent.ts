import { sql } from 'kysely';
import type { Channel } from '../../intervals/block.ts';
import type { Database } from '../database.ts';

export interface DailyExtent {
  readonly channel: Channel;
  readonly firstDate: string;
  readonly lastDate: string;
}

/** The channels of an ESIID that have daily reads, and the first and the last day of each; both come from the primary key. */
export async function readDailyExtent({ kysely }: Database, esiid: string): Promise<readonly DailyExtent[]> {
  const { rows } = await sql<DailyExtent>`
    select channel, "firstDate", "lastDate"
    from unnest(enum_range(null::smt_channel)) known (channel)
    cross join lateral (
      select
        (select usage_date from daily_reads read where (read.esiid, read.channel) = (${esiid}, known.channel)
          order by usage_date limit 1) as "firstDate",
        (select usage_date from daily_reads read where (read.esiid, read.channel) = (${esiid}, known.channel)
          order by usage_date desc limit 1) as "lastDate"
    ) ends
    where "firstDate" is not null`.execute(kysely);
  return rows;
}
