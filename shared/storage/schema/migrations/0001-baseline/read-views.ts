import { citusDayAuditView, dayAuditView } from './day-audit-view.ts';
import { citusMonthAuditView, monthAuditView } from './month-audit-view.ts';

/**
 * Daily and monthly reads in their current revision, and the audit that holds the intervals against them: the statements, by name
 * and in order.
 */
export const readViews = {
  // register_kwh: how far the register advanced. A register never runs backwards: it has five digits before the point and
  // rolled over if that matches the day's energy to 1 kWh; else the meter was exchanged, and the two are not comparable.
  smt_daily_reads: `create view smt_daily_reads as
    select distinct on (esiid, channel, usage_date)
      esiid, channel, usage_date, start_reading, end_reading, kwh, revised_at, raw_file_id,
      case
        when end_reading >= start_reading then end_reading - start_reading
        when abs(end_reading - start_reading + 100000 - kwh) < 1 then end_reading - start_reading + 100000
      end as register_kwh
    from daily_reads
    order by esiid desc, channel desc, usage_date desc, revised_at desc, kwh desc, content desc`,
  smt_monthly_reads: `create view smt_monthly_reads as
    select distinct on (esiid, channel, start_date, end_date)
      esiid, channel, start_date, end_date, kwh, metered_kw, metered_kva, billed_kw, billed_kva, revised_at, raw_file_id
    from monthly_reads
    order by esiid desc, channel desc, start_date desc, end_date desc, revised_at desc, kwh desc, content desc`,
  smt_register_breaks: `create view smt_register_breaks as
    select read.esiid, read.channel, read.usage_date, read.end_reading, next.start_reading as next_start_reading
    from smt_daily_reads read
    cross join lateral (
      select start_reading
      from smt_daily_reads next
      where next.esiid = read.esiid and next.channel = read.channel and next.usage_date = read.usage_date + 1
      offset 0
    ) next
    where mod(read.end_reading - next.start_reading, 100000) <> 0`,
  smt_day_audit: dayAuditView,
  smt_month_audit: monthAuditView,

  // The audit of one ESIID's days, periods and breaks, for a query that goes through files or days of many: each call is one query of
  // one ESIID, which is what the views are fast at, and which Citus sends to one worker. It rejects the view in a lateral subquery
  // beside a table of the coordinator. Stable, so that they see what the calling statement sees.
  smt_audited_days: `create function smt_audited_days(of_esiid text, of_channel smt_channel, first_date date, last_date date)
    returns table (esiid text, channel smt_channel, usage_date date, status text, interval_kwh numeric, daily_kwh numeric,
      difference_kwh numeric)
    language plpgsql stable as $$
    begin
      return query
        select day.esiid, day.channel, day.usage_date, day.status, day.interval_kwh, day.daily_kwh, day.difference_kwh
        from smt_day_audit day
        where day.esiid = of_esiid and day.channel = of_channel and day.usage_date between first_date and last_date
          and day.status <> 'unaudited';
    end $$`,
  smt_audited_periods: `create function smt_audited_periods(of_esiid text, of_channel smt_channel, first_date date, last_date date)
    returns table (status text)
    language plpgsql stable as $$
    begin
      return query
        select period.status
        from smt_month_audit period
        where period.esiid = of_esiid and period.channel = of_channel
          and period.start_date >= first_date and period.end_date <= last_date + 1;
    end $$`,
  // The meters of a file that have a daily read on or beside its days: the others have nothing to audit, and a call of the other
  // functions for each takes twenty times as long as this join.
  smt_meters_with_reads: `create function smt_meters_with_reads(of_file bigint)
    returns table (esiid text, channel smt_channel, first_date date, last_date date)
    language plpgsql stable as $$
    begin
      return query
        select distinct meter.esiid, meter.channel, meter.first_usage_date, meter.last_usage_date
        from raw_file_meters meter
        join daily_reads read on read.esiid = meter.esiid and read.channel = meter.channel
          and read.usage_date between meter.first_usage_date - 1 and meter.last_usage_date + 1
        where meter.raw_file_id = of_file;
    end $$`,
  smt_found_breaks: `create function smt_found_breaks(of_esiid text, of_channel smt_channel, first_date date, last_date date)
    returns table (usage_date date)
    language plpgsql stable as $$
    begin
      return query
        select found.usage_date
        from smt_register_breaks found
        where found.esiid = of_esiid and found.channel = of_channel
          and found.usage_date between first_date - 1 and last_date;
    end $$`,
} as const;

/**
 * Those that Citus cannot take as they are, without lateral subqueries. Windows and groups are of one ESIID, so that a condition on
 * esiid passes into them; one on the date does not pass a window, so a month of one ESIID reads all of its daily reads.
 */
export const citusReadViews = {
  smt_register_breaks: `create view smt_register_breaks as
    select read.esiid, read.channel, read.usage_date, read.end_reading, next.start_reading as next_start_reading
    from smt_daily_reads read
    join smt_daily_reads next
      on next.esiid = read.esiid and next.channel = read.channel and next.usage_date = read.usage_date + 1
    where mod(read.end_reading - next.start_reading, 100000) <> 0`,
  smt_day_audit: citusDayAuditView,
  smt_month_audit: citusMonthAuditView,
} as const satisfies Partial<Record<keyof typeof readViews, string>>;
