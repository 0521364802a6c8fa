import { sql } from 'kysely';
import type { Database } from '../database.ts';
import type { RawFileStatus } from '../tables.ts';
import { esiidsOfFile } from './esiids-of-file.ts';

/** Maximum number of attempts returned for a file, and how much of an attempt's message. */
const maxAttempts = 100;
const maxMessageLength = 1_000;
/** Maximum number of copies and meters returned for a file. */
const maxListed = 50;

export interface RawFileHistory {
  /** The presigned upload of the file; null for a dropped file. */
  readonly upload: { readonly requestedAt: Date; readonly requestCount: number } | null;
  /** The first thousand with intervals in it. */
  readonly esiids: readonly string[];
  /** The last hundred. */
  readonly attempts: readonly AttemptRecord[];
  readonly rejectedRows: readonly RejectedRowRecord[];
  /** Other files with the same bytes. */
  readonly copies: readonly CopyRecord[];
  /** The days whose blocks this file was the first to contain, by meter. */
  readonly changes: readonly ChangeRecord[];
}

export interface AttemptRecord {
  readonly attempt: number;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly outcome: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

interface RejectedRowRecord {
  readonly member: string | null;
  readonly lineNumber: number;
  readonly reason: string;
  readonly rowText: string;
}

interface CopyRecord {
  readonly id: string;
  readonly filename: string;
  readonly source: string;
  readonly status: RawFileStatus;
  readonly receivedAt: Date;
}

interface ChangeRecord {
  readonly esiid: string;
  readonly blocks: number;
  readonly days: number;
  readonly firstDate: string;
  readonly lastDate: string;
}

/** The details of one file beyond its row. */
export async function readRawFileHistory(
  database: Database,
  file: {
    readonly id: string;
    readonly objectKey: string;
    readonly sha256: string | null;
  },
): Promise<RawFileHistory> {
  const [upload, esiids, attempts, rejectedRows, copies, changes] = await Promise.all([
    readUpload(database, file.objectKey),
    readEsiids(database, file.id),
    readAttempts(database, file.id),
    readRejectedRows(database, file.id),
    readCopies(database, file),
    readChanges(database, file.id),
  ]);
  return { upload, esiids, attempts, rejectedRows, copies, changes };
}

async function readUpload({ kysely }: Database, objectKey: string): Promise<RawFileHistory['upload']> {
  const row = await kysely
    .selectFrom('upload_requests')
    .select(['requested_at as requestedAt', 'request_count as requestCount'])
    .where('object_key', '=', objectKey)
    .executeTakeFirst();
  return row ?? null;
}

async function readEsiids({ kysely }: Database, id: string): Promise<readonly string[]> {
  const { rows } = await sql<{ esiids: string[] }>`select ${esiidsOfFile(sql.val(id))} as esiids`.execute(
    kysely,
  );
  return rows[0]?.esiids ?? [];
}

async function readAttempts({ kysely }: Database, id: string): Promise<readonly AttemptRecord[]> {
  const newestFirst = await kysely
    .selectFrom('normalize_attempts')
    .select(['attempt', 'outcome', 'started_at as startedAt', 'ended_at as endedAt'])
    .select('error_code as errorCode')
    .select(sql<string | null>`left(error_message, ${maxMessageLength})`.as('errorMessage'))
    .where('raw_file_id', '=', id)
    .orderBy('attempt', 'desc')
    .limit(maxAttempts)
    .execute();
  return newestFirst.reverse();
}

function readRejectedRows({ kysely }: Database, id: string): Promise<readonly RejectedRowRecord[]> {
  return kysely
    .selectFrom('rejected_rows')
    .select(['member', 'reason', 'row_text as rowText'])
    .select((row) => row.cast<number>('line_number', 'double precision').as('lineNumber'))
    .where('raw_file_id', '=', id)
    .orderBy('position')
    .execute();
}

function readCopies(
  { kysely }: Database,
  { id, sha256 }: { readonly id: string; readonly sha256: string | null },
): Promise<readonly CopyRecord[]> {
  return kysely
    .selectFrom('raw_files')
    .select(['id', 'filename', 'source', 'status', 'received_at as receivedAt'])
    .where('sha256', '=', sha256)
    .where('id', '<>', id)
    .orderBy('id')
    .limit(maxListed)
    .execute();
}

/** By ESIID, since blocks have no index by file: raw_file_meters has the ESIIDs and days. */
async function readChanges({ kysely }: Database, id: string): Promise<readonly ChangeRecord[]> {
  const { rows } = await sql<ChangeRecord>`
    select esiid, count(*)::integer as blocks, count(distinct usage_date)::integer as days,
      min(usage_date) as "firstDate", max(usage_date) as "lastDate"
    from interval_blocks
    where raw_file_id = ${id} and esiid in (
      select distinct esiid from raw_file_meters where raw_file_id = ${id} order by esiid limit ${maxListed}
    )
    group by esiid
    order by esiid`.execute(kysely);
  return rows;
}
