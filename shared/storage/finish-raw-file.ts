import { sql } from 'kysely';
import type { PoolClient } from 'pg';
import type { MemberReport, RejectedRow, RowCounts } from '../smt/account.ts';
import type { Database } from './database.ts';
import { LeaseLostError } from './errors.ts';
import type { StoredMember } from './tables.ts';
import { storableText } from './text.ts';

const rejectedRowsKept = 100;
const esiidsKept = 1000;

/** How an attempt to normalize a file ended, as the one who read it knows. */
export interface AttemptResult {
  readonly status: 'normalized' | 'failed' | 'ignored';
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly counts: RowCounts;
  readonly members: readonly MemberReport[];
  /** The first hundred are kept. */
  readonly rejectedRows: readonly RejectedRow[];
  /** Every interval row carried its own ESIID and revision stamp: the file's bytes alone decide what it loads. */
  readonly selfContained: boolean;
  /** All ESIIDs that have rows in it; the first thousand are kept, and their number. */
  readonly esiids: readonly string[];
  /** Start of the first and of the last interval, ISO instants; null when there is none. */
  readonly intervalMinAt: string | null;
  readonly intervalMaxAt: string | null;
}

/** What loading did to the table of blocks. */
export interface BlockCounts {
  readonly blocksInserted: number;
  /** Blocks that were there already, from this file or another. */
  readonly blocksUnchanged: number;
  readonly intervalsInserted: number;
}

/**
 * Writes, in the caller's transaction, how an attempt ended: status and counts, the attempt's outcome, the rejected rows in
 * place of those of earlier attempts.
 * @returns the attempt's number
 * @throws LeaseLostError if the file is someone else's by now; the caller rolls back
 */
export async function finishRawFile(
  database: Database,
  client: PoolClient,
  { rawFileId, leaseToken }: { readonly rawFileId: string; readonly leaseToken: string },
  file: AttemptResult & BlockCounts,
): Promise<number> {
  const { sql: text, parameters } = finishStatement(database, rawFileId, leaseToken, file).compile();
  const { rows } = await client.query<{ attempts: number }>(text, [...parameters]);
  const row = rows[0];
  if (row === undefined) throw new LeaseLostError(rawFileId);
  await insertRejectedRows(client, rawFileId, file.rejectedRows.slice(0, rejectedRowsKept));
  return row.attempts;
}

/** clock_timestamp(), since now() is when the transaction began, which the whole file lies after. */
function finishStatement(
  { kysely }: Database,
  rawFileId: string,
  leaseToken: string,
  file: AttemptResult & BlockCounts,
) {
  const now = sql<Date>`clock_timestamp()`;
  const error = { error_code: file.errorCode, error_message: storableText(file.errorMessage) };
  return kysely
    .with('finished', (query) =>
      query
        .updateTable('raw_smt_files')
        .set({
          ...error,
          ...storedCounts(file.counts),
          status: file.status,
          self_contained: file.selfContained,
          lost_attempts: 0,
          lease_token: null,
          lease_expires_at: null,
          blocks_inserted: file.blocksInserted,
          blocks_unchanged: file.blocksUnchanged,
          intervals_inserted: file.intervalsInserted,
          members: JSON.stringify(file.members.map(storedMember)),
          esiids: file.esiids.slice(0, esiidsKept),
          esiid_count: file.esiids.length,
          interval_min_at: file.intervalMinAt,
          interval_max_at: file.intervalMaxAt,
          normalized_at: file.status === 'normalized' ? now : null,
          announced_at: null,
          updated_at: now,
        })
        .where('id', '=', rawFileId)
        .where('status', '=', 'normalizing')
        .where('lease_token', '=', leaseToken)
        .returning(['id', 'attempts']),
    )
    .with('ended', (query) =>
      query
        .updateTable('normalize_attempts')
        .from('finished')
        .set({ ...error, outcome: file.status, ended_at: now })
        .whereRef('raw_file_id', '=', 'finished.id')
        .whereRef('attempt', '=', 'finished.attempts'),
    )
    .with('cleared', (query) =>
      query.deleteFrom('rejected_rows').using('finished').whereRef('raw_file_id', '=', 'finished.id'),
    )
    .selectFrom('finished')
    .select('attempts');
}

async function insertRejectedRows(
  client: PoolClient,
  rawFileId: string,
  rejected: readonly RejectedRow[],
): Promise<void> {
  if (rejected.length === 0) return;
  await client.query(
    `insert into rejected_rows (raw_file_id, position, member, line_number, reason, row_text)
     select $1, position, member, line_number, reason, row_text
     from unnest($2::text[], $3::bigint[], $4::text[], $5::text[])
       with ordinality as rejected (member, line_number, reason, row_text, position)`,
    [
      rawFileId,
      rejected.map((row) => storableText(row.member)),
      rejected.map((row) => row.lineNumber),
      rejected.map((row) => row.reason),
      rejected.map((row) => storableText(row.text)),
    ],
  );
}

function storedMember(member: MemberReport): StoredMember {
  return {
    name: storableText(member.name),
    kind: member.kind,
    counts: storedCounts(member.counts),
    error_code: member.errorCode,
    error_message: storableText(member.errorMessage),
  };
}

function storedCounts(counts: RowCounts) {
  return {
    rows_read: counts.rowsRead,
    intervals_read: counts.intervalsRead,
    duplicate_rows: counts.duplicateRows,
    conflicting_rows: counts.conflictingRows,
    missing_kwh: counts.missingKwh,
    nonexistent_hour: counts.nonexistentHour,
    invalid_esiid: counts.invalidEsiid,
    invalid_timestamp: counts.invalidTimestamp,
    invalid_kwh: counts.invalidKwh,
    invalid_row: counts.invalidRow,
  };
}
