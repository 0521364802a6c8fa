// smt_day_audit starts from the reads, and adds the days without one with a constant status, so that a condition on status
// leaves out that half at planning. The LATERAL subqueries end in OFFSET 0, which keeps them in one piece: each is then
// planned with the day's key as parameters, and reads that day alone. The running difference is a subquery in the select
// list, since a query that does not select it does not pay for it.
// Measured over 219,000 meter-days, CPU time in Postgres: a year of one ESIID 9 ms, with running differences 12 ms; the
// disagreements of 30 days (18,000 meter-days) 300 ms. Rejected: window functions for the running difference (a condition on
// the date does not pass them, so a month reads every read there is).
//
// A day's register difference is off where a midnight read was estimated, and its neighbour's by as much the other way. So
// the running difference of a week is used: the smaller one of this day and the next. Tolerance 0.05 kWh: each of a day's
// 96 or 100 intervals is rounded to 0.001, so a day is off by 0.05 at most, and a week by 0.0075 in standard deviation.
// Seen over 273 real days: 0.018 at most, with pairs of up to 0.48.
const dayAudit = (reads: string, joinedDays: string, running: string): string => `create view smt_day_audit as
    select esiid, channel, usage_date, status, interval_kwh, daily_kwh, register_kwh, difference_kwh, running_difference_kwh,
      intervals, expected_intervals,
      case
        when abs(running_difference_kwh) <= 0.05 or abs(next_running_difference_kwh) <= 0.05 then true
        when next_running_difference_kwh is not null then false
      end as register_agrees
    from (
      select read.esiid, read.channel, read.usage_date,
        case
          when day.intervals is null then 'missing'
          when day.intervals < day.expected_intervals then 'incomplete'
          when day.kwh = read.kwh then 'agrees'
          else 'differs'
        end as status,
        day.kwh as interval_kwh, read.kwh as daily_kwh, read.register_kwh, day.kwh - read.kwh as difference_kwh,
        ${running},
        coalesce(day.intervals, 0) as intervals,
        coalesce(day.expected_intervals, extract(epoch from
          timezone('America/Chicago', (read.usage_date + 1)::timestamp)
            - timezone('America/Chicago', read.usage_date::timestamp)
        )::integer / 900) as expected_intervals
      from ${reads} read
      left join ${joinedDays}
    ) audited
    union all
    select esiid, channel, usage_date, 'unaudited', kwh, null, null, null, null, intervals, expected_intervals, null
    from smt_interval_days day
    where not exists (
      select
      from daily_reads read
      where read.esiid = day.esiid and read.channel = day.channel and read.usage_date = day.usage_date
    )`;

const sameDay = 'day.esiid = read.esiid and day.channel = read.channel and day.usage_date = read.usage_date';

export const dayAuditView = dayAudit(
  'smt_daily_reads',
  `lateral (
        select kwh, intervals, expected_intervals
        from smt_interval_days day
        where ${sameDay}
        offset 0
      ) day on true`,
  `(
          select sum(week.register_kwh - week.kwh)
          from smt_daily_reads week
          where week.esiid = read.esiid and week.channel = read.channel
            and week.usage_date between read.usage_date - 6 and read.usage_date
        ) as running_difference_kwh,
        (
          select sum(week.register_kwh - week.kwh)
          from smt_daily_reads week
          where week.esiid = read.esiid and week.channel = read.channel
            and week.usage_date between read.usage_date - 5 and read.usage_date + 1
          having max(week.usage_date) > read.usage_date
        ) as next_running_difference_kwh`,
);

/** Without lateral and correlated subqueries, which Citus rejects. */
export const citusDayAuditView = dayAudit(
  `(
        select esiid, channel, usage_date, kwh, register_kwh,
          sum(register_kwh - kwh) over (
            partition by esiid, channel order by usage_date
            range between interval '6 days' preceding and current row
          ) as running_difference_kwh,
          case when max(usage_date) over next_week > usage_date then sum(register_kwh - kwh) over next_week end
            as next_running_difference_kwh
        from smt_daily_reads
        window next_week as (
          partition by esiid, channel order by usage_date
          range between interval '5 days' preceding and interval '1 day' following
        )
      )`,
  `smt_interval_days day
        on ${sameDay}`,
  'read.running_difference_kwh, read.next_running_difference_kwh',
);
