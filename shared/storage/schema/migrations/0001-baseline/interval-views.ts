/** From Wh, with the five decimals of the column kwh. */
const inKwh = '* 0.00100';

/** The value of a slot. */
function kwhOf(wh: string, kwh: string): string {
  return `coalesce(${wh} ${inKwh}, ${kwh})`;
}

const midnightInTexas = "timezone('America/Chicago', block.usage_date::timestamp)";
const midnightInUtc = `timezone('UTC', timezone('America/Chicago', block.usage_date::timestamp))`;

/** Conditions that leave out blocks: one of a block, and one of the blocks that could beat it. */
interface BlockFilter {
  readonly where: string;
  readonly other: string;
}

const allBlocks: BlockFilter = { where: 'true', other: 'true' };

/** Whether another block of the meter-day beats `block` in a slot: the greatest in (revised_at, actual over estimated, kwh, content) wins. */
function isBeaten({ other }: BlockFilter): string {
  return `exists (
          select
          from interval_blocks other
          where other.esiid = block.esiid
            and other.channel = block.channel
            and other.usage_date = block.usage_date
            and ${other}
            and other.revised_at >= block.revised_at
            and (other.revised_at, other.content) <> (block.revised_at, block.content)
            and (other.wh[number] is not null or other.kwh[number] is not null)
            and (other.revised_at, coalesce(get_bit(other.estimated, number::integer - 1), 0) = 0,
                 ${kwhOf('other.wh[number]', 'other.kwh[number]')}, other.content)
              > (block.revised_at, coalesce(get_bit(block.estimated, number::integer - 1), 0) = 0,
                 ${kwhOf('value.wh', 'value.kwh')}, block.content)
        )`;
}

const values = 'unnest(block.wh, block.kwh) with ordinality as value (wh, kwh, number)';
const hasValue = '(value.wh is not null or value.kwh is not null)';
const isEstimated = 'coalesce(get_bit(block.estimated, number::integer - 1), 0) = 1';

/**
 * Intervals in their current revision.
 *
 * A block's values are unnested beside the blocks that could beat them, which are read once a block; OFFSET 0 keeps the planner
 * from flattening that, and from working out a block's midnight for each of its slots. A condition on esiid or usage_date
 * reaches the primary key; one on ts alone does not.
 *
 * Tried over 383,000 blocks (1,000 ESIID-years, 5 % of days revised), summing one ESIID's year: this 15 ms; without the two
 * implied lines on revised_at and content, so that a block meets itself, 42 ms; with the midnight worked out for each slot a
 * half more; with kwhOf() where a value is only tested for null a half more. Rejected: DISTINCT ON sorted to disk and lost joins;
 * EXISTS left out where a day has one block (1 ms); a flag of a block without estimates (nothing).
 * @param midnight a block's first instant, in the type of `ts`
 */
function currentIntervals(filter: BlockFilter, midnight: string): string {
  return `
    select block.esiid, block.meter, block.channel, slot.ts, slot.kwh, slot.estimated,
      block.usage_date, block.revised_at, block.raw_file_id
    from interval_blocks block
    cross join lateral (
      select ${midnight} as starts_at
      offset 0
    ) day
    cross join lateral (
      select
        day.starts_at + (number - 1) * interval '15 minutes' as ts,
        ${kwhOf('value.wh', 'value.kwh')} as kwh,
        ${isEstimated} as estimated
      from ${values}
      where ${hasValue}
        and not ${isBeaten(filter)}
      offset 0
    ) slot
    where ${filter.where}`;
}

/**
 * The same for Citus, which rejects OFFSET in lateral subqueries: flat, so that a condition on esiid reaches both sides and the
 * query goes to one worker. On one server it takes half as long again, and a join with it reads the other blocks of all ESIIDs.
 */
function currentIntervalsFlat(filter: BlockFilter, midnight: string): string {
  return `
    select block.esiid, block.meter, block.channel,
      ${midnight} + (number - 1) * interval '15 minutes' as ts,
      ${kwhOf('value.wh', 'value.kwh')} as kwh,
      ${isEstimated} as estimated,
      block.usage_date, block.revised_at, block.raw_file_id
    from interval_blocks block
    cross join lateral ${values}
    where ${filter.where}
      and ${hasValue}
      and not ${isBeaten(filter)}`;
}

/**
 * smt_intervals, and smt_intervals_as_of: the same over the blocks loaded by then. The function is one SQL statement, stable and
 * not strict, so that the planner inlines it: conditions on esiid and usage_date reach the primary key as in the view. For
 * that its columns are the view's, collation included.
 *
 * "SmtInterval" does not read smt_intervals: from a midnight in UTC, `ts` is one addition, without a time zone for each interval.
 * Over 3.5 M intervals that halves a condition on ts without an ESIID (0.8 s of CPU, 1.5 before). Such a condition still reads every
 * block: nothing in SQL derives a condition on a day from one on an expression of it. A table of all quarter hours to join by
 * would, but then a year of one ESIID looks up each value in its array (35,000 lookups of 2 µs). So the view has usage_date as
 * well, for statements that can name it.
 *
 * Counting these intervals by the main app's local month takes 3.4 s of CPU: 0.8 to expand the blocks, 0.4 for `ts`, and 2.2 for what
 * the statement does with each, two conversions of time zones and date_trunc. No view can spare those; by the days of
 * smt_interval_days it takes 0.3 s. Rejected: the 15 minutes of each slot unnested from an array beside the values (0.3 s less of
 * this, nothing of a year of one ESIID). The newest rows of all take 4.2 s, 2.7 of it for columns of rows that are not among them,
 * which the planner works out before it sorts; with the id from date_part, 0.2 s less.
 */
function currentViews(select: typeof currentIntervals) {
  return {
    smt_intervals: `create view smt_intervals as ${select(allBlocks, midnightInTexas)}`,
    smt_intervals_as_of: `create function smt_intervals_as_of(as_of timestamptz)
    returns setof smt_intervals
    language sql stable as $$
      ${select({ where: 'block.loaded_at <= as_of', other: 'other.loaded_at <= as_of' }, midnightInTexas)}
    $$`,
    SmtInterval: `create view "SmtInterval" as
    select
      interval.esiid || ':' || extract(epoch from interval.ts)::bigint as id,
      interval.esiid,
      coalesce(interval.meter, '') as meter,
      interval.ts::timestamp(3) as ts,
      interval.kwh::numeric(10, 5) as kwh,
      interval.estimated as filled,
      file.source,
      timezone('UTC', file.created_at)::timestamp(3) as "createdAt",
      timezone('UTC', file.updated_at)::timestamp(3) as "updatedAt",
      interval.usage_date
    from (${select(allBlocks, midnightInUtc)}) interval
    left join raw_files file on file.id = interval.raw_file_id
    where interval.channel = 'consumption'`,
  };
}

/** The statements that create them, by name; in order, since some build on others. */
export const intervalViews = {
  ...currentViews(currentIntervals),

  // Whoever reads whole blocks reads them here: their values in kWh, how many slots they have, how many of those have a value, and
  // the sum. A query pays for the columns that it selects.
  smt_blocks: `create view smt_blocks as
    select esiid, channel, usage_date, revised_at, content, raw_file_id, loaded_at, meter, estimated,
      coalesce(
        kwh,
        array(select value ${inKwh} from unnest(wh) with ordinality slot (value, number) order by number)
      ) as kwh,
      coalesce(cardinality(wh), cardinality(kwh)) as slots,
      coalesce(num_nonnulls(variadic wh), num_nonnulls(variadic kwh)) as intervals,
      coalesce(
        (select sum(value) ${inKwh} from unnest(wh) value),
        (select sum(value) from unnest(kwh) value)
      ) as total_kwh
    from interval_blocks`,

  // The sum of each day's current intervals. Where the newest block of a day is whole and the only one of its revision, as nearly
  // always, its own values are summed; only other days are read from smt_intervals.
  // Rejected: a sum kept with each block (a generated column doubled the time of a load's insert, to save a third of a year's audit).
  smt_interval_days: `create view smt_interval_days as
    select block.esiid, block.channel, block.usage_date,
      coalesce(current.kwh, block.total_kwh) as kwh,
      coalesce(current.intervals, block.intervals) as intervals,
      block.slots as expected_intervals
    from (
      select distinct on (esiid, channel, usage_date)
        esiid, channel, usage_date, revised_at, content, slots, intervals, total_kwh
      from smt_blocks
      order by esiid desc, channel desc, usage_date desc, revised_at desc, content desc
    ) block
    cross join lateral (
      select sum(kwh) as kwh, nullif(count(*), 0)::integer as intervals
      from smt_intervals slot
      where slot.esiid = block.esiid and slot.channel = block.channel and slot.usage_date = block.usage_date
        and (block.intervals < block.slots or exists (
          select
          from interval_blocks other
          where other.esiid = block.esiid and other.channel = block.channel and other.usage_date = block.usage_date
            and other.revised_at = block.revised_at and other.content <> block.content
        ))
      offset 0
    ) current`,

  // For analysts. smt_days groups by its keys, so conditions on esiid, channel and usage_date reach the blocks; one on kwh or
  // peak_kwh reads every day.
  smt_days: `create view smt_days as
    select esiid, channel, usage_date,
      sum(kwh) as kwh,
      count(*)::integer as intervals,
      (extract(epoch from
        timezone('America/Chicago', (usage_date + 1)::timestamp) - timezone('America/Chicago', usage_date::timestamp)
      ) / 900)::integer as expected,
      (count(*) filter (where estimated))::integer as estimated,
      max(kwh) as peak_kwh,
      max(revised_at) as revised_at
    from smt_intervals
    group by esiid, channel, usage_date`,
  // smt_latest takes the ESIIDs from raw_file_meters and each one's newest day from the end of the primary key: a condition
  // on esiid reaches both; without one it costs a few index lookups for each ESIID.
  smt_latest: `create view smt_latest as
    select interval.*
    from (select esiid from raw_file_meters group by esiid) meter
    cross join unnest(enum_range(null::smt_channel)) known (channel)
    cross join lateral (
      select max(usage_date) as usage_date
      from interval_blocks block
      where block.esiid = meter.esiid and block.channel = known.channel
    ) newest
    cross join lateral (
      select * from smt_intervals day
      where day.esiid = meter.esiid and day.channel = known.channel and day.usage_date = newest.usage_date
      order by ts desc
      limit 1
    ) interval`,
} as const;

/**
 * Those that Citus cannot take as they are: lateral subqueries with OFFSET, and tables of the coordinator inside them. All
 * conditions on esiid reach each table in them, so that a query of one ESIID goes to one worker.
 */
export const citusIntervalViews = {
  ...currentViews(currentIntervalsFlat),

  // All days are summed from the intervals: on one server four times the time of summing whole blocks.
  smt_interval_days: `create view smt_interval_days as
    select esiid, channel, usage_date, sum(kwh) as kwh, count(*)::integer as intervals,
      (extract(epoch from
        timezone('America/Chicago', (usage_date + 1)::timestamp) - timezone('America/Chicago', usage_date::timestamp)
      ) / 900)::integer as expected_intervals
    from smt_intervals
    group by esiid, channel, usage_date`,
  smt_latest: `create view smt_latest as
    select distinct on (esiid, channel) *
    from smt_intervals
    order by esiid, channel, ts desc`,
} as const satisfies Partial<Record<keyof typeof intervalViews, string>>;
