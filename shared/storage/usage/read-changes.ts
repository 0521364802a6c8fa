import { sql } from 'kysely';
import type { Channel } from '../../intervals/block.ts';
import type { Database } from '../database.ts';

/** Days of an ESIID and channel that a file's load, or its withdrawal, may have changed. */
export interface UsageChange {
  /** The transaction that changed them; a number of up to 20 digits. */
  readonly xid: string;
  readonly rawFileId: string;
  readonly esiid: string;
  readonly channel: Channel;
  readonly firstDate: string;
  readonly lastDate: string;
}

export type ChangePosition = Pick<UsageChange, 'xid' | 'rawFileId' | 'esiid' | 'channel'>;

/**
 * What changed after a position, in an order in which nothing that commits late is skipped.
 *
 * Transaction numbers are given at a transaction's first write, not at its commit, so changes are withheld until every
 * transaction with a lower number has ended: those below the snapshot's xmin. A long-running one delays later changes
 * but loses none. Rejected: a sequence or a timestamp, since a slow transaction's rows would appear behind the reader.
 */
export async function readChanges(
  { kysely }: Database,
  { after, limit }: { readonly after: ChangePosition | null; readonly limit: number },
): Promise<readonly UsageChange[]> {
  const position =
    after === null
      ? sql``
      : sql`and changed_xid >= ${after.xid}::xid8
          and (changed_xid, raw_file_id, esiid, channel)
            > (${after.xid}::xid8, ${after.rawFileId}::bigint, ${after.esiid}, ${after.channel}::smt_channel)`;
  const { rows } = await sql<UsageChange>`
    select changed_xid::text as xid, raw_file_id as "rawFileId", esiid, channel,
      first_usage_date as "firstDate", last_usage_date as "lastDate"
    from raw_file_meters
    where changed_xid < pg_snapshot_xmin(pg_current_snapshot()) ${position}
    order by changed_xid, raw_file_id, esiid, channel
    limit ${limit}`.execute(kysely);
  return rows;
}
