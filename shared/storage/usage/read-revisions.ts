import { sql } from 'kysely';
import type { Channel } from '../../intervals/block.ts';
import type { Database } from '../database.ts';
import { loadedBy } from './as-of.ts';

/** Maximum number of revisions per channel, newest first, in case files contain very many. */
const maxRevisions = 100;

/** A block of one day in one revision. */
export interface StoredRevision {
  readonly channel: Channel;
  readonly revisedAt: Date;
  readonly content: string;
  readonly loadedAt: Date;
  readonly rawFileId: string;
  readonly filename: string;
  readonly source: string;
  readonly meter: string | null;
  /** Exact decimals by slot; null if the file had none. */
  readonly kwh: readonly (string | null)[];
  /** A bit for each slot, as text of 0 and 1; null when none is estimated. */
  readonly estimated: string | null;
}

/** Every block of one ESIID's day, by channel, revision and content. */
export async function readRevisions(
  { kysely }: Database,
  day: {
    readonly esiid: string;
    readonly usageDate: string;
    readonly channel: Channel | null;
    readonly asOf: Date | null;
  },
): Promise<readonly StoredRevision[]> {
  const { rows } = await sql<StoredRevision>`
    select * from (
      select channel, revised_at as "revisedAt", content, loaded_at as "loadedAt", raw_file_id as "rawFileId",
        filename, file.source, meter, kwh, estimated,
        row_number() over (partition by channel order by revised_at desc, content desc) as recency
      from smt_blocks block join raw_files file on file.id = block.raw_file_id
      where ${loadedBy(day.asOf)} block.esiid = ${day.esiid} and usage_date = ${day.usageDate}::date
        ${day.channel === null ? sql`` : sql`and channel = ${day.channel}::smt_channel`}
    ) revision
    where recency <= ${maxRevisions}
    order by channel, "revisedAt", content`.execute(kysely);
  return rows;
}
