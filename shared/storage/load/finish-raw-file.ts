import { type RawBuilder, sql } from 'kysely';
import type { ClientBase } from 'pg';
import type { MemberReport, RejectedRow, RowCounts } from '../../intervals/row-counts.ts';
import { dataTables, insertRepeatedContent } from '../data-tables.ts';
import type { Database } from '../database.ts';
import { LeaseLostError } from '../errors.ts';
import { boundedText } from '../storable-text.ts';
import type { StoredMember } from '../tables.ts';
import { type GivenReads, insertedReadCount, insertMeters, metersOf, withReads } from './insert-reads.ts';

const rejectedRowsKept = 100;
/** Maximum length of a member's name: a zip may have thousands of members with names of 64 KB, too much for a row to list. */
const maxNameLength = 300;
const maxMessageLength = 1_000;
/** The same where an archive has many members, whose messages are one row together. */
const manyMembers = 100;
const maxMessageLengthOfMany = 200;
/** Maximum number of ESIIDs in an announcement. */
export const esiidsNamed = 1000;

/** The outcome of an attempt to normalize a file, from the reader. */
export interface AttemptResult {
  readonly status: 'normalized' | 'failed' | 'ignored';
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly counts: RowCounts;
  readonly members: readonly MemberReport[];
  /** The first hundred are kept. */
  readonly rejectedRows: readonly RejectedRow[];
  /** Every interval row has its own ESIID and revision stamp: the file's bytes alone determine what it loads. */
  readonly selfContained: boolean;
  /** Start of the first and of the last interval, ISO instants; null when there is none. */
  readonly intervalMinAt: string | null;
  readonly intervalMaxAt: string | null;
}

/** What loading did to the tables of blocks and reads. */
export interface BlockCounts {
  /** ESIIDs with blocks or reads in the file: the first {@link esiidsNamed} in order. */
  readonly esiids: readonly string[];
  readonly esiidCount: number;
  readonly blocksInserted: number;
  /** Blocks that already existed, from this file or another. */
  readonly blocksUnchanged: number;
  readonly intervalsInserted: number;
  readonly dailyReadsInserted: number;
  readonly monthlyReadsInserted: number;
}

/** Blocks to insert: a source of rows with the columns of interval_blocks except the file's id, and their number. */
export interface BlockSource {
  readonly rows: RawBuilder<unknown>;
  readonly count: number;
}

/**
 * Inserts a file's blocks and reads and writes the attempt's outcome, in one statement: new blocks, status and counts, outcome;
 * then replaces the rejected rows of earlier attempts. Runs in the caller's transaction, which is required if any row was
 * rejected.
 *
 * One statement, since the everyday file has a block or two: its load is one round trip and one commit. Removals are locked
 * out first (smt_begin_load), then the file's row is locked, so nothing is inserted under a lease that was lost. ORDER BY key makes concurrent loads of the same blocks
 * lock them in the same order, so they do not deadlock.
 * @returns the attempt's number and the counts of blocks
 * @throws LeaseLostError if another worker has the file by now; the caller rolls back
 */
export async function finishRawFile(
  database: Database,
  client: ClientBase,
  { rawFileId, leaseToken }: { readonly rawFileId: string; readonly leaseToken: string },
  file: AttemptResult,
  blocks: BlockSource,
  reads: GivenReads,
): Promise<BlockCounts & { readonly attempt: number }> {
  const statement = finishStatement(database, { rawFileId, leaseToken }, file, blocks, reads);
  const { sql: text, parameters } = statement.compile();
  const { rows } = await client.query<FinishedRow>(text, [...parameters]);
  const row = rows[0];
  if (row === undefined) throw new LeaseLostError(rawFileId);
  await insertRejectedRows(client, rawFileId, file.rejectedRows.slice(0, rejectedRowsKept));
  return {
    attempt: row.attempts,
    blocksInserted: Number(row.blocks_inserted),
    blocksUnchanged: Number(row.blocks_unchanged),
    intervalsInserted: Number(row.intervals_inserted),
    dailyReadsInserted: Number(row.daily_reads_inserted),
    monthlyReadsInserted: Number(row.monthly_reads_inserted),
    esiids: row.esiids,
    esiidCount: row.esiid_count,
  };
}

interface FinishedRow {
  readonly attempts: number;
  readonly blocks_inserted: string;
  readonly blocks_unchanged: string;
  readonly intervals_inserted: string;
  readonly daily_reads_inserted: string;
  readonly monthly_reads_inserted: string;
  readonly esiids: readonly string[];
  readonly esiid_count: number;
}

/** Not now(), which is the start of the transaction, before the file was read; nor clock_timestamp(), which Citus rejects in an UPDATE. */
const finishedAt = sql<Date>`statement_timestamp()`;

function errorOf(file: AttemptResult) {
  return {
    error_code: file.errorCode,
    error_message: boundedText(file.errorMessage, 10 * maxMessageLength),
  };
}

function finishedValues(file: AttemptResult, blocks: BlockSource, reads: GivenReads) {
  return {
    ...errorOf(file),
    ...storedCounts(file.counts),
    status: file.status,
    self_contained: file.selfContained,
    lost_attempts: 0,
    replayed_from: null,
    lease_token: null,
    lease_expires_at: null,
    blocks_inserted: sql<string>`(select count(*) from inserted)`,
    blocks_unchanged: sql<string>`
      ${blocks.count}::bigint - (select blocks from suppressed) - (select count(*) from inserted)`,
    blocks_suppressed: sql<string>`(select blocks from suppressed)`,
    intervals_inserted: sql<string>`(select coalesce(sum(intervals), 0) from inserted)`,
    daily_reads_inserted: insertedReadCount('daily_reads', reads),
    monthly_reads_inserted: insertedReadCount('monthly_reads', reads),
    members: JSON.stringify(storedMembers(file.members)),
    esiid_count: sql<number>`(select count(distinct esiid) from meter)`,
    interval_min_at: file.intervalMinAt,
    interval_max_at: file.intervalMaxAt,
    normalized_at: file.status === 'normalized' ? finishedAt : null,
    announced_at: null,
    updated_at: finishedAt,
  };
}

function finishStatement(
  { kysely }: Database,
  { rawFileId, leaseToken }: { readonly rawFileId: string; readonly leaseToken: string },
  file: AttemptResult,
  blocks: BlockSource,
  reads: GivenReads,
) {
  const inserting = kysely
    .with(
      (cte) => cte('gate').materialized(),
      () => sql<{ erased: string[] }>`(select smt_begin_load() as erased)`,
    )
    .with('owned', (query) =>
      query
        .selectFrom(['gate', 'raw_files'])
        .select(['raw_files.id', 'gate.erased'])
        .where('id', '=', rawFileId)
        .where('status', '=', 'normalizing')
        .where('lease_token', '=', leaseToken)
        .forUpdate('raw_files'),
    )
    .with(
      (cte) => cte('given').notMaterialized(),
      () => sql<object>`(select * from ${blocks.rows})`,
    )
    .with(
      (cte) => cte('block').notMaterialized(),
      () => sql<object>`(select given.* from owned cross join given where esiid <> all(owned.erased))`,
    )
    .with('suppressed', () => countSuppressed)
    .with('inserted', () => insertBlocks)
    .with('repeated', () => insertRepeatedContent(dataTables.interval_blocks, sql`block`, sql`inserted`));
  return withReads(inserting, reads)
    .with('meter', () => metersOf(reads))
    .with('meters', () => insertMeters(reads))
    .with('finished', (query) =>
      query
        .updateTable('raw_files')
        .set(finishedValues(file, blocks, reads))
        .where('id', '=', sql<string>`(select id from owned)`)
        .returning(['id', ...finishedColumns]),
    )
    .with('ended', (query) =>
      query
        .updateTable('normalize_attempts')
        .from('finished')
        .set({ ...errorOf(file), outcome: file.status, ended_at: finishedAt })
        .whereRef('raw_file_id', '=', 'finished.id')
        .whereRef('attempt', '=', 'finished.attempts'),
    )
    .with('cleared', (query) =>
      query.deleteFrom('rejected_rows').using('finished').whereRef('raw_file_id', '=', 'finished.id'),
    )
    .selectFrom('finished')
    .select(finishedColumns)
    .select(
      sql<string[]>`array(
        select distinct esiid from meter where esiid <> all((select erased from owned)::text[])
        order by esiid limit ${esiidsNamed}
      )`.as('esiids'),
    );
}

const finishedColumns = [
  ...(['attempts', 'blocks_inserted', 'blocks_unchanged', 'intervals_inserted'] as const),
  ...(['daily_reads_inserted', 'monthly_reads_inserted', 'esiid_count'] as const),
] as const;

const insertBlocks = sql<{ intervals: number }>`(
  insert into interval_blocks
    (esiid, channel, usage_date, revised_at, content, raw_file_id, meter, wh, kwh, estimated)
  select esiid, channel, usage_date, revised_at, content, owned.id, meter, wh::smallint[], kwh::numeric(10, 5)[], estimated
  from owned cross join block
  order by esiid collate "C", channel, usage_date, revised_at, content
  on conflict do nothing
  returning esiid, channel, usage_date, revised_at, content,
    coalesce(num_nonnulls(variadic wh), num_nonnulls(variadic kwh)) as intervals
)`;

/** Blocks of erased ESIIDs, which are left out. */
const countSuppressed = sql<{ blocks: string }>`(
  select count(*) as blocks
  from (select erased from owned where erased <> '{}' offset 0) gate cross join given
  where given.esiid = any(gate.erased)
)`;

async function insertRejectedRows(
  client: ClientBase,
  rawFileId: string,
  rejected: readonly RejectedRow[],
): Promise<void> {
  if (rejected.length === 0) return;
  await client.query(
    `insert into rejected_rows (raw_file_id, position, member, line_number, reason, row_text)
     select $1, position, member, line_number, reason, row_text
     from unnest($2::text[], $3::bigint[], $4::text[], $5::text[])
       with ordinality as rejected (member, line_number, reason, row_text, position)
     where not exists (select from erased_esiids where strpos(row_text, esiid) > 0)`,
    [
      rawFileId,
      rejected.map((row) => boundedText(row.member, maxNameLength)),
      rejected.map((row) => row.lineNumber),
      rejected.map((row) => row.reason),
      rejected.map((row) => boundedText(row.text, maxMessageLength)),
    ],
  );
}

function storedMembers(members: readonly MemberReport[]): StoredMember[] {
  const messageLength = members.length > manyMembers ? maxMessageLengthOfMany : maxMessageLength;
  return members.map((member) => ({
    name: boundedText(member.name, maxNameLength),
    kind: member.kind,
    counts: storedCounts(member.counts),
    error_code: member.errorCode,
    error_message: boundedText(member.errorMessage, messageLength),
  }));
}

function storedCounts(counts: RowCounts) {
  return {
    rows_read: counts.rowsRead,
    intervals_read: counts.intervalsRead,
    daily_reads_read: counts.dailyReadsRead,
    monthly_reads_read: counts.monthlyReadsRead,
    duplicate_rows: counts.duplicateRows,
    conflicting_rows: counts.conflictingRows,
    missing_kwh: counts.missingKwh,
    nonexistent_hour: counts.nonexistentHour,
    invalid_esiid: counts.invalidEsiid,
    invalid_timestamp: counts.invalidTimestamp,
    invalid_kwh: counts.invalidKwh,
    invalid_reading: counts.invalidReading,
    invalid_row: counts.invalidRow,
  };
}
