import { sql } from 'kysely';
import type { Database } from '../database.ts';
import type { AuditedDay, AuditedPeriod, DayStatus } from './read-audit.ts';

/** Audited days and billing periods of some files, by status; days without a read have none. */
export interface FileAudit {
  readonly days: Readonly<Partial<Record<DayStatus, number>>>;
  readonly periods: Readonly<Partial<Record<AuditedPeriod['status'], number>>>;
  /** The days that do not agree, the greatest difference first; at most fifty. */
  readonly disagreements: readonly Pick<
    AuditedDay,
    'esiid' | 'channel' | 'usage_date' | 'status' | 'interval_kwh' | 'daily_kwh' | 'difference_kwh'
  >[];
}

const maxListed = 50;

/**
 * The current audit: a disagreement at the time of the file may have been corrected since.
 * @param maxMeters maximum number of ESIIDs and channels to audit, the first in order
 */
export async function readFileAudit(
  { kysely }: Database,
  rawFileIds: readonly string[],
  maxMeters: number,
): Promise<FileAudit> {
  const { rows } = await sql<FileAudit>`
    with meter as (
      select esiid, channel, min(first_usage_date) as first_date, max(last_usage_date) as last_date
      from raw_file_meters
      where raw_file_id = any(${rawFileIds}::bigint[])
      group by esiid, channel
      order by esiid, channel
      limit ${maxMeters}
    ), day as materialized (
      select day.*
      from meter
      cross join lateral smt_audited_days(meter.esiid, meter.channel, meter.first_date, meter.last_date) day
    ), worst as (
      select esiid, channel, usage_date, status, trim_scale(interval_kwh)::text as interval_kwh,
        trim_scale(daily_kwh)::text as daily_kwh, trim_scale(difference_kwh)::text as difference_kwh
      from day
      where status <> 'agrees'
      order by abs(day.difference_kwh) desc nulls last, usage_date, esiid
      limit ${maxListed}
    ), period as (
      select period.status
      from meter
      cross join lateral smt_audited_periods(meter.esiid, meter.channel, meter.first_date, meter.last_date) period
    )
    select
      (select coalesce(jsonb_object_agg(status, days), '{}') from (select status, count(*) as days from day group by status) d)
        as days,
      (select coalesce(jsonb_object_agg(status, periods), '{}')
        from (select status, count(*) as periods from period group by status) p) as periods,
      (select coalesce(jsonb_agg(worst), '[]') from worst) as disagreements`.execute(kysely);
  return rows[0] ?? { days: {}, periods: {}, disagreements: [] };
}
