import { sql } from 'kysely';
import type { Channel } from '../smt/block.ts';
import type { Database } from './database.ts';

export interface CoveredDay {
  readonly usageDate: string;
  readonly channel: Channel;
  readonly present: number;
  readonly estimated: number;
  /** Slots that have a value; null when all of them have. */
  readonly presentSlots: readonly number[] | null;
  /** How many revisions are kept. */
  readonly revisions: number;
  readonly latestRevisedAt: Date;
  /** The file that brought the latest revision, and when S3 got the first and the last file of the day. */
  readonly latestRawFileId: string;
  readonly firstReceivedAt: Date;
  readonly latestReceivedAt: Date;
}

/**
 * What is stored of each day of one ESIID, by date and channel; a day without a block is not among the rows.
 *
 * Blocks tell revisions and files, the view tells slots; joining the two by day keeps each on the primary key. A year
 * takes 35 ms on two CPUs.
 */
export async function readCoverage(
  database: Database,
  { esiid, from, to }: { readonly esiid: string; readonly from: string; readonly to: string },
): Promise<readonly CoveredDay[]> {
  const { rows } = await sql<CoveredDay>`
    with stored as materialized (
      select usage_date, channel, count(distinct revised_at)::integer as revisions,
        max(revised_at) as latest_revised_at,
        (array_agg(raw_file_id order by revised_at desc, content desc))[1] as latest_raw_file_id,
        min(file.received_at) as first_received_at, max(file.received_at) as latest_received_at,
        max(cardinality(kwh)) as slot_count
      from interval_blocks block join raw_smt_files file on file.id = block.raw_file_id
      where block.esiid = ${esiid} and usage_date between ${from}::date and ${to}::date
      group by usage_date, channel
    ), slots as materialized (
      select usage_date, channel, count(*)::integer as present,
        (count(*) filter (where estimated))::integer as estimated,
        array_agg(
          (extract(epoch from ts - timezone('America/Chicago', usage_date::timestamp)) / 900)::integer order by ts
        ) as present_slots
      from smt_intervals
      where esiid = ${esiid} and usage_date between ${from}::date and ${to}::date
      group by usage_date, channel
    )
    select usage_date as "usageDate", channel,
      coalesce(present, 0) as present, coalesce(estimated, 0) as estimated,
      case when present = slot_count then null else coalesce(present_slots, '{}') end as "presentSlots",
      revisions, latest_revised_at as "latestRevisedAt", latest_raw_file_id as "latestRawFileId",
      first_received_at as "firstReceivedAt", latest_received_at as "latestReceivedAt"
    from stored left join slots using (usage_date, channel)
    order by usage_date, channel`.execute(database.kysely);
  return rows;
}
