import { sql } from 'kysely';
import type { Channel } from '../../intervals/block.ts';
import type { Database } from '../database.ts';

export interface PeakQuery {
  readonly esiid: string;
  /** Usage dates, both included. */
  readonly from: string;
  readonly to: string;
  readonly resolution: '15min' | 'hour';
  /** Of each channel. */
  readonly limit: number;
}

export interface Peak {
  readonly channel: Channel;
  /** Start of the interval or hour, in seconds since 1970. */
  readonly startSeconds: number;
  /** Exact decimal. */
  readonly kwh: string;
  readonly isEstimated: boolean;
}

/** The intervals or whole hours with the most energy, of each channel, highest first and then earliest first. */
export async function readPeaks(
  database: Database,
  { esiid, from, to, resolution, limit }: PeakQuery,
): Promise<readonly Peak[]> {
  const values =
    resolution === '15min'
      ? sql`select channel, ts as start, kwh, estimated`
      : sql`select channel, date_trunc('hour', ts) as start, sum(kwh) as kwh, bool_or(estimated) as estimated`;
  const groups = resolution === '15min' ? sql`` : sql`group by 1, 2 having count(*) = 4`;
  const { rows } = await sql<Omit<Peak, 'startSeconds'> & { startSeconds: string }>`
    with candidate as (
      ${values}
      from smt_intervals
      where esiid = ${esiid} and usage_date between ${from}::date and ${to}::date
      ${groups}
    ), ranked as (
      select *, row_number() over (partition by channel order by kwh desc, start) as rank from candidate
    )
    select channel, extract(epoch from start)::bigint as "startSeconds", trim_scale(kwh)::text as kwh,
      estimated as "isEstimated"
    from ranked
    where rank <= ${limit}
    order by channel, rank`.execute(database.kysely);
  return rows.map((row) => ({ ...row, startSeconds: Number(row.startSeconds) }));
}
