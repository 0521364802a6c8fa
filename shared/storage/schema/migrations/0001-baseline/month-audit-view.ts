// A bill of a period [start, end) is the difference of the register at the two midnights, each cut to whole kWh, where SMT
// bills whole kWh. So the registers are used if both are known without a break between them; else the intervals, if all are
// there, to less than 1 kWh. The register of a midnight is the reading inside the period, so that an exchange at the
// midnight itself has no effect.

/** The register at the two ends of a bill's period, how many of its days have a read, and whether the register breaks between. */
const registerOfPeriod = `coalesce(
              max(start_reading) filter (where usage_date = bill.start_date),
              max(end_reading) filter (where usage_date = bill.start_date - 1)
            ) as starts_at,
            coalesce(
              max(end_reading) filter (where usage_date = bill.end_date - 1),
              max(start_reading) filter (where usage_date = bill.end_date)
            ) as ends_at,
            count(*) filter (where usage_date >= bill.start_date and usage_date < bill.end_date) as reads,
            coalesce(bool_or(
              usage_date >= bill.start_date and usage_date < bill.end_date and (
                end_reading < start_reading and register_kwh is null
                or mod(start_reading - previous_end_reading, 100000) <> 0 and usage_date > bill.start_date
              )
            ), false) as is_broken`;

/** The reading at the end of the day before, if there is a read of it. */
const previousEnd = `case when lag(usage_date) over by_day = usage_date - 1 then lag(end_reading) over by_day end
                as previous_end_reading`;

export const monthAuditView = `create view smt_month_audit as
    select bill.esiid, bill.channel, bill.start_date, bill.end_date,
      case
        when register.kwh = bill.kwh then 'agrees'
        when register.kwh is not null then 'differs'
        when day.is_whole and abs(day.kwh - bill.kwh) < 1 then 'agrees'
        when day.is_whole then 'differs'
        when day.days > 0 or register.reads > 0 then 'incomplete'
        else 'unaudited'
      end as status,
      bill.kwh as billed_kwh, register.kwh as register_kwh, day.kwh as interval_kwh
    from smt_monthly_reads bill
    cross join lateral (
      select
        case
          when is_broken then null
          when ends >= starts then ends - starts
          when abs(ends - starts + 100000 - bill.kwh) < 1 then ends - starts + 100000
        end as kwh,
        reads
      from (
        select
          case when bill.kwh = trunc(bill.kwh) then floor(starts_at) else starts_at end as starts,
          case when bill.kwh = trunc(bill.kwh) then floor(ends_at) else ends_at end as ends,
          is_broken, reads
        from (
          select
            ${registerOfPeriod}
          from (
            select usage_date, start_reading, end_reading, register_kwh,
              ${previousEnd}
            from smt_daily_reads read
            where read.esiid = bill.esiid and read.channel = bill.channel
              and read.usage_date between bill.start_date - 1 and bill.end_date
            window by_day as (order by usage_date)
          ) read
        ) reading
      ) reading
      offset 0
    ) register
    cross join lateral (
      select sum(kwh) as kwh, count(*) as days,
        count(*) = bill.end_date - bill.start_date and bool_and(intervals = expected_intervals) as is_whole
      from smt_interval_days day
      where day.esiid = bill.esiid and day.channel = bill.channel
        and day.usage_date >= bill.start_date and day.usage_date < bill.end_date
      offset 0
    ) day`;

/** Without lateral subqueries, which Citus rejects. */
export const citusMonthAuditView = `create view smt_month_audit as
    select bill.esiid, bill.channel, bill.start_date, bill.end_date,
      case
        when bill.register_kwh = bill.kwh then 'agrees'
        when bill.register_kwh is not null then 'differs'
        when bill.is_whole and abs(bill.interval_kwh - bill.kwh) < 1 then 'agrees'
        when bill.is_whole then 'differs'
        when bill.days > 0 or bill.reads > 0 then 'incomplete'
        else 'unaudited'
      end as status,
      bill.kwh as billed_kwh, bill.register_kwh, bill.interval_kwh
    from (
      select register.*, day.kwh as interval_kwh, coalesce(day.days, 0) as days, coalesce(day.is_whole, false) as is_whole,
        case
          when is_broken then null
          when ends >= starts then ends - starts
          when abs(ends - starts + 100000 - register.kwh) < 1 then ends - starts + 100000
        end as register_kwh
      from (
        select esiid, channel, start_date, end_date, kwh, is_broken, reads,
          case when kwh = trunc(kwh) then floor(starts_at) else starts_at end as starts,
          case when kwh = trunc(kwh) then floor(ends_at) else ends_at end as ends
        from (
          select bill.esiid, bill.channel, bill.start_date, bill.end_date, bill.kwh,
            ${registerOfPeriod}
          from smt_monthly_reads bill
          left join (
            select esiid, channel, usage_date, start_reading, end_reading, register_kwh,
              ${previousEnd}
            from smt_daily_reads
            window by_day as (partition by esiid, channel order by usage_date)
          ) read
            on read.esiid = bill.esiid and read.channel = bill.channel
            and read.usage_date between bill.start_date - 1 and bill.end_date
          group by bill.esiid, bill.channel, bill.start_date, bill.end_date, bill.kwh
        ) reading
      ) register
      left join (
        select bill.esiid, bill.channel, bill.start_date, bill.end_date, sum(day.kwh) as kwh, count(*) as days,
          count(*) = bill.end_date - bill.start_date and bool_and(day.intervals = day.expected_intervals) as is_whole
        from smt_monthly_reads bill
        join smt_interval_days day
          on day.esiid = bill.esiid and day.channel = bill.channel
          and day.usage_date >= bill.start_date and day.usage_date < bill.end_date
        group by bill.esiid, bill.channel, bill.start_date, bill.end_date
      ) day
        on day.esiid = register.esiid and day.channel = register.channel
        and day.start_date = register.start_date and day.end_date = register.end_date
    ) bill`;
