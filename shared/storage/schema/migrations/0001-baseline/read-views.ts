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
  smt_day_audit: `create view smt_day_audit as
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
        (
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
        ) as next_running_difference_kwh,
        coalesce(day.intervals, 0) as intervals,
        coalesce(day.expected_intervals, extract(epoch from
          timezone('America/Chicago', (read.usage_date + 1)::timestamp)
            - timezone('America/Chicago', read.usage_date::timestamp)
        )::integer / 900) as expected_intervals
      from smt_daily_reads read
      left join lateral (
        select kwh, intervals, expected_intervals
        from smt_interval_days day
        where day.esiid = read.esiid and day.channel = read.channel and day.usage_date = read.usage_date
        offset 0
      ) day on true
    ) audited
    union all
    select esiid, channel, usage_date, 'unaudited', kwh, null, null, null, null, intervals, expected_intervals, null
    from smt_interval_days day
    where not exists (
      select
      from daily_reads read
      where read.esiid = day.esiid and read.channel = day.channel and read.usage_date = day.usage_date
    )`,

  // A bill of a period [start, end) is the difference of the register at the two midnights, each cut to whole kWh, where SMT
  // bills whole kWh. So the registers are used if both are known without a break between them; else the intervals, if all are
  // there, to less than 1 kWh. The register of a midnight is the reading inside the period, so that an exchange at the
  // midnight itself has no effect.
  smt_month_audit: `create view smt_month_audit as
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
            coalesce(
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
            ), false) as is_broken
          from (
            select usage_date, start_reading, end_reading, register_kwh,
              case when lag(usage_date) over by_day = usage_date - 1 then lag(end_reading) over by_day end
                as previous_end_reading
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
    ) day`,

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

  smt_day_audit: `create view smt_day_audit as
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
        read.running_difference_kwh, read.next_running_difference_kwh,
        coalesce(day.intervals, 0) as intervals,
        coalesce(day.expected_intervals, extract(epoch from
          timezone('America/Chicago', (read.usage_date + 1)::timestamp)
            - timezone('America/Chicago', read.usage_date::timestamp)
        )::integer / 900) as expected_intervals
      from (
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
      ) read
      left join smt_interval_days day
        on day.esiid = read.esiid and day.channel = read.channel and day.usage_date = read.usage_date
    ) audited
    union all
    select esiid, channel, usage_date, 'unaudited', kwh, null, null, null, null, intervals, expected_intervals, null
    from smt_interval_days day
    where not exists (
      select
      from daily_reads read
      where read.esiid = day.esiid and read.channel = day.channel and read.usage_date = day.usage_date
    )`,

  smt_month_audit: `create view smt_month_audit as
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
            coalesce(
              max(read.start_reading) filter (where usage_date = bill.start_date),
              max(read.end_reading) filter (where usage_date = bill.start_date - 1)
            ) as starts_at,
            coalesce(
              max(read.end_reading) filter (where usage_date = bill.end_date - 1),
              max(read.start_reading) filter (where usage_date = bill.end_date)
            ) as ends_at,
            count(*) filter (where usage_date >= bill.start_date and usage_date < bill.end_date) as reads,
            coalesce(bool_or(
              usage_date >= bill.start_date and usage_date < bill.end_date and (
                end_reading < start_reading and register_kwh is null
                or mod(start_reading - previous_end_reading, 100000) <> 0 and usage_date > bill.start_date
              )
            ), false) as is_broken
          from smt_monthly_reads bill
          left join (
            select esiid, channel, usage_date, start_reading, end_reading, register_kwh,
              case when lag(usage_date) over by_day = usage_date - 1 then lag(end_reading) over by_day end
                as previous_end_reading
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
    ) bill`,
} as const satisfies Partial<Record<keyof typeof readViews, string>>;
