import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** ESIIDs examined at a time: 10,000 take 0.3 s. */
const maxExamined = 10_000;
/** Dormant ESIIDs that are named. */
const maxNamed = 20;

/** How old the intervals are that are stored. Days are days in Texas. */
export interface DataAge {
  /** ESIIDs examined: all of them, or so many in a row that this is a sample. */
  readonly examined: number;
  readonly isSample: boolean;
  /** The newest usage date of all examined, YYYY-MM-DD; null where nothing is stored. */
  readonly newestUsageDate: string | null;
  /** Days from then to today; 0 for today. */
  readonly ageDays: number | null;
  /** When the newest block of any examined ESIID was loaded. */
  readonly lastLoadedAt: Date | null;
  /** ESIIDs with intervals in the last thirty days. */
  readonly active: number;
  /** Of these, the ones without intervals for the last days. */
  readonly dormant: number;
  /** The first of them, and the newest day of each. */
  readonly dormantEsiids: readonly { readonly esiid: string; readonly newestUsageDate: string }[];
}

/**
 * Reads the newest block of each ESIID from the end of its part of the primary key. The ESIIDs are walked in order, from that of
 * a random file on and around the end: all of them where there are few enough, else a part that differs each time, so that the
 * cost has a bound. Rejected: `group by esiid`, which reads every block; an index on usage_date, which each load would pay for.
 * @param dormantDays days without intervals after which an ESIID counts as dormant
 */
export async function readDataAge({ kysely }: Database, dormantDays: number): Promise<DataAge> {
  const { rows } = await sql<Omit<DataAge, 'isSample'>>`
    with recursive meter (esiid) as (
      select coalesce(
        (select esiid from raw_file_meters
          where raw_file_id >= (select floor(random() * max(raw_file_id))::bigint from raw_file_meters)
          order by raw_file_id, esiid limit 1),
        (select min(esiid) from interval_blocks)
      )
      union
      select coalesce(
        (select esiid from interval_blocks block where block.esiid > meter.esiid order by esiid limit 1),
        (select min(esiid) from interval_blocks)
      )
      from meter
    ), newest as (
      select meter.esiid, max(block.usage_date) as usage_date, max(block.loaded_at) as loaded_at
      from (select esiid from meter limit ${maxExamined}) meter
      cross join unnest(enum_range(null::smt_channel)) known (channel)
      cross join lateral (
        select usage_date, loaded_at
        from interval_blocks
        where esiid = meter.esiid and channel = known.channel
        order by usage_date desc, revised_at desc
        limit 1
      ) block
      group by meter.esiid
    ), dated as (
      select esiid, usage_date, loaded_at, timezone('America/Chicago', now())::date - usage_date as age from newest
    )
    select count(*)::integer as examined, max(usage_date) as "newestUsageDate", min(age) as "ageDays",
      max(loaded_at) as "lastLoadedAt",
      (count(*) filter (where age <= 30))::integer as active,
      (count(*) filter (where age <= 30 and age > ${dormantDays}))::integer as dormant,
      coalesce((
        select json_agg(json_build_object('esiid', esiid, 'newestUsageDate', usage_date) order by esiid)
        from (
          select esiid, usage_date from dated where age <= 30 and age > ${dormantDays} order by esiid limit ${maxNamed}
        ) named
      ), '[]') as "dormantEsiids"
    from dated`.execute(kysely);
  const [age] = rows;
  if (age === undefined) throw new Error('an aggregate without a row');
  return { ...age, isSample: age.examined === maxExamined };
}
