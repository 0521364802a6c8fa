import { createHash, randomUUID } from 'node:crypto';
import type { IntervalBlock } from '../../shared/intervals/block.ts';
import type { MemberReport, RowCounts } from '../../shared/intervals/row-counts.ts';
import type { DailyRead } from '../../shared/reads/daily-read.ts';
import type { MonthlyRead } from '../../shared/reads/monthly-read.ts';
import { noRows } from '../../shared/smt/row-tally.ts';
import type { Database } from '../../shared/storage/database.ts';
import { type LoadResult, type LoadSummary, openLoad } from '../../shared/storage/load/load-blocks.ts';
import { type Claim, claimRawFile } from '../../shared/storage/raw-files/claim-raw-file.ts';
import { type NewRawFile, registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';

/** A made-up ESIID. */
export const esiidA = '10443720000000001';
export const esiidB = '10443720000000002';

export function newRawFile(changes: Partial<NewRawFile> = {}): NewRawFile {
  return {
    bucket: 'raw',
    objectKey: `uploads/${randomUUID()}.csv`,
    versionId: 'v1',
    etag: '"etag"',
    filename: 'IntervalData.csv',
    sizeBytes: 1234,
    sha256: createHash('sha256').update(randomUUID()).digest('hex'),
    contentType: 'text/csv',
    source: 'droplet-upload',
    esiid: null,
    receivedAt: new Date('2025-02-01T12:00:00Z'),
    ...changes,
  };
}

/** A block with 96 equal values by default; its content hash follows from its values. */
export function newBlock(changes: Partial<Omit<IntervalBlock, 'content'>> = {}): IntervalBlock {
  const block = {
    esiid: esiidA,
    channel: 'consumption',
    usageDate: '2025-01-15',
    revisedAt: '2025-01-16T06:00:00Z',
    kwh: Array.from({ length: 96 }, () => '0.25'),
    estimated: null,
    meter: null,
    ...changes,
  } as const;
  const values = JSON.stringify([block.kwh, block.estimated]);
  return { ...block, content: createHash('md5').update(values).digest('hex') };
}

/** A day's values: the given ones in their slots, nothing elsewhere. */
export function slots(values: Readonly<Record<number, string>>, length = 96): (string | null)[] {
  return Array.from({ length }, (_, slot) => values[slot] ?? null);
}

export function newCounts(changes: Partial<RowCounts> = {}): RowCounts {
  return { ...noRows(), ...changes };
}

export function newMember(changes: Partial<MemberReport> = {}): MemberReport {
  return {
    name: 'IntervalData.csv',
    kind: 'interval',
    counts: newCounts(),
    errorCode: null,
    errorMessage: null,
    ...changes,
  };
}

export function newResult(changes: Partial<LoadResult> = {}): LoadResult {
  return {
    status: 'normalized',
    errorCode: null,
    errorMessage: null,
    counts: newCounts(),
    members: [],
    rejectedRows: [],
    selfContained: true,
    intervalMinAt: null,
    intervalMaxAt: null,
    recountMembers: [],
    recountReadMembers: [],
    ...changes,
  };
}

export type Claimed = Extract<Claim, { outcome: 'claimed' }>;

/** Claims a file for a minute, as a worker does. */
export async function claim(database: Database, id: string, leaseMs = 60_000): Promise<Claimed> {
  const { bucket } = await database.kysely
    .selectFrom('raw_files')
    .select('bucket')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const options = { id, bucket, leaseMs, maxLostAttempts: 3, workerId: 'test-worker' };
  const claimed = await claimRawFile(database, options);
  if (claimed.outcome !== 'claimed') throw new Error(`file ${id} could not be claimed: ${claimed.outcome}`);
  return claimed;
}

/** A transient error, as releaseRawFile takes it. */
export const transientRelease = { isUnexpected: false, maxLostAttempts: 3, maxRetryMs: 3_600_000 };

/** Loads blocks under a claim. */
export async function load(
  database: Database,
  claimed: Claimed,
  blocks: readonly IntervalBlock[],
  result: Partial<LoadResult> = {},
  reads: readonly (DailyRead | MonthlyRead)[] = [],
): Promise<LoadSummary> {
  const { file, leaseToken } = claimed;
  const blockLoad = openLoad(database, { rawFileId: file.id, leaseToken, receivedAt: file.receivedAt });
  for (const block of blocks) await blockLoad.add(block, 0);
  for (const read of reads) await blockLoad.addRead(read, 0);
  return blockLoad.finish(newResult(result));
}

interface LoadedFile {
  readonly file?: Partial<NewRawFile>;
  readonly result?: Partial<LoadResult>;
  readonly reads?: readonly (DailyRead | MonthlyRead)[];
}

/** The whole lifecycle of a file: registered, claimed, loaded. */
export async function loadFile(
  database: Database,
  blocks: readonly IntervalBlock[],
  { file = {}, result = {}, reads = [] }: LoadedFile = {},
): Promise<LoadSummary & { id: string }> {
  const { id } = await registerRawFile(database, newRawFile(file));
  return { id, ...(await load(database, await claim(database, id), blocks, result, reads)) };
}
