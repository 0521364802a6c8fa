import { sql } from 'kysely';
import type { Channel } from '../../intervals/block.ts';
import type { Database } from '../database.ts';

interface ProfileRange {
  readonly esiid: string;
  /** Usage dates, both included. */
  readonly from: string;
  readonly to: string;
}

/** The energy of one hour of the clock over some days: those of a month that are weekdays, or weekend days. */
interface ProfileHour {
  readonly channel: Channel;
  /** First day of the calendar month. */
  readonly month: string;
  readonly isWeekend: boolean;
  /** 0 to 23 on the wall clock; fall back adds its repeated hour to 1. Offsets from UTC are whole hours in Texas. */
  readonly hour: number;
  /** Exact decimal. */
  readonly kwh: string;
  readonly intervals: number;
}

export interface StoredProfile {
  readonly hours: readonly ProfileHour[];
  /**
   * The base load in kW: the median over the days of each day's lowest whole hour of consumption. With generation, only hours
   * before five count: by day, solar generation hides consumption. Null when no day has a whole hour.
   */
  readonly baseloadKw: string | null;
}

/**
 * Sums by month, weekday or weekend, and hour of the clock: at most 48 rows a month and channel, whatever the range, from
 * which profiles, heat maps of long ranges and splits by hours are made. Both results come from one pass over the intervals,
 * through the sums of each day's hours; two statements took more than twice as long.
 */
export async function readProfile(
  database: Database,
  { esiid, from, to }: ProfileRange,
): Promise<StoredProfile> {
  const { rows } = await sql<ProfileHour & Pick<StoredProfile, 'baseloadKw'>>`
    with day_hours as materialized (
      select channel, usage_date, extract(hour from timezone('America/Chicago', ts))::smallint as hour, sum(kwh) as kwh,
        count(*) as intervals
      from smt_intervals
      where esiid = ${esiid} and usage_date between ${from}::date and ${to}::date
      group by 1, 2, 3
    ), quietest as (
      select min(kwh) as kwh
      from day_hours
      where channel = 'consumption' and intervals = 4
        and (hour < 5 or not exists (select from day_hours where channel = 'generation'))
      group by usage_date
    )
    select channel, date_trunc('month', usage_date)::date as month, extract(isodow from usage_date) > 5 as "isWeekend", hour,
      trim_scale(sum(kwh))::text as kwh, sum(intervals)::integer as intervals,
      (select trim_scale(percentile_disc(0.5) within group (order by kwh))::text from quietest) as "baseloadKw"
    from day_hours
    group by 1, 2, 3, 4
    order by 2, 1, 3, 4`.execute(database.kysely);
  const hours = rows.map(({ baseloadKw: _, ...hour }) => hour);
  return { hours, baseloadKw: rows[0]?.baseloadKw ?? null };
}
