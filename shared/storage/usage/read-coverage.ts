import { sql } from 'kysely';
import type { Channel } from '../../intervals/block.ts';
import type { Database } from '../database.ts';
import { intervalsAsOf, loadedBy } from './as-of.ts';

export interface CoveredDay {
  readonly usageDate: string;
  readonly channel: Channel;
  readonly present: number;
  /** Exact sum of the values that are stored, without trailing zeros. */
  readonly kwh: string;
  readonly estimated: number;
  /** Slots that have a value; null when all of them have. */
  readonly presentSlots: readonly number[] | null;
  /** Number of stored revisions. */
  readonly revisions: number;
  readonly latestRevisedAt: Date;
  /** The file with the latest revision, and when S3 received the first and the last file of the day. */
  readonly latestRawFileId: string;
  readonly firstReceivedAt: Date;
  readonly latestReceivedAt: Date;
}

export interface CoverageQuery {
  readonly esiid: string;
  /** First and last day in America/Chicago, both included. */
  readonly from: string;
  readonly to: string;
  /** Null: now. */
  readonly asOf: Date | null;
}

/**
 * The stored data of each day of one ESIID, by date and channel; a day without a block has no row.
 *
 * The newest revision of nearly every day is one complete block, which wins in every slot: its values are counted without expanding
 * them to intervals. Only the other days are read from the view, by their dates, which keeps it on the primary key. Reading
 * every day from the view took over ten times as long.
 */
export async function readCoverage(
  database: Database,
  { esiid, from, to, asOf }: CoverageQuery,
): Promise<readonly CoveredDay[]> {
  const { rows } = await sql<CoveredDay>`
    with block as (
      select block.*, file.received_at,
        rank() over (partition by channel, usage_date order by revised_at desc) = 1 as is_newest
      from smt_blocks block join raw_files file on file.id = block.raw_file_id
      where ${loadedBy(asOf)} block.esiid = ${esiid} and usage_date between ${from}::date and ${to}::date
    ), stored as materialized (
      select usage_date, channel, count(distinct revised_at)::integer as revisions,
        max(revised_at) as latest_revised_at,
        (array_agg(raw_file_id order by revised_at desc, content desc))[1] as latest_raw_file_id,
        min(received_at) as first_received_at, max(received_at) as latest_received_at,
        max(slots) as slot_count,
        count(*) filter (where is_newest) as newest_blocks,
        max(intervals) filter (where is_newest) as present,
        coalesce(max(bit_count(estimated)) filter (where is_newest), 0)::integer as estimated,
        max(case when is_newest then total_kwh end) as kwh
      from block
      group by usage_date, channel
    ), slots as (
      select usage_date, channel, count(*)::integer as present,
        (count(*) filter (where estimated))::integer as estimated, sum(kwh) as kwh,
        array_agg(
          (extract(epoch from ts - timezone('America/Chicago', usage_date::timestamp)) / 900)::integer order by ts
        ) as present_slots
      from ${intervalsAsOf(asOf)} interval
      where esiid = ${esiid}
        and usage_date = any(array(select usage_date from stored where newest_blocks > 1 or present < slot_count))
      group by usage_date, channel
    )
    select usage_date as "usageDate", channel,
      coalesce(slots.present, stored.present) as present,
      coalesce(slots.estimated, stored.estimated) as estimated,
      trim_scale(coalesce(slots.kwh, stored.kwh))::text as kwh,
      case when coalesce(slots.present, stored.present) = slot_count then null else present_slots end as "presentSlots",
      revisions, latest_revised_at as "latestRevisedAt", latest_raw_file_id as "latestRawFileId",
      first_received_at as "firstReceivedAt", latest_received_at as "latestReceivedAt"
    from stored left join slots using (usage_date, channel)
    order by usage_date, channel`.execute(database.kysely);
  return rows;
}
