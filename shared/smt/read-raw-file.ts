import type { ByteSource } from '../archive/byte-source.ts';
import { FileError } from '../archive/file-error.ts';
import { type ArchiveLimits, defaultArchiveLimits, UnpackBudget } from '../archive/limits.ts';
import { type Decrypt, type Member, membersOf } from '../archive/members.ts';
import type { IntervalBlock } from '../intervals/block.ts';
import { esiidPattern } from '../intervals/esiid.ts';
import type { MemberKind, MemberReport, RejectedRow, RowCounts } from '../intervals/row-counts.ts';
import { readHeader } from './csv/header.ts';
import { IntervalReader } from './csv/interval-reader.ts';
import { lineChunks } from './csv/line-chunks.ts';
import { addCounts, noRows, RowTally } from './row-tally.ts';

export interface RawFileOptions {
  /** The raw file's own name, for people. */
  readonly filename: string;
  /** ESIID for files without an ESIID column, and only for those. */
  readonly esiidHint: string | null;
  readonly limits?: ArchiveLimits | undefined;
  /** Opens PGP messages; without it they fail with `pgp-key-missing`. */
  readonly decrypt?: Decrypt | undefined;
  readonly maxOpenBlocks?: number | undefined;
}

/** Takes the blocks of a member as they become whole; the reader waits for it. */
export type BlockSink = (block: IntervalBlock, member: number) => void | Promise<void>;

/** What a raw file turned out to be. */
export interface RawFileReport {
  readonly status: 'normalized' | 'ignored' | 'failed';
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly counts: RowCounts;
  readonly members: readonly MemberReport[];
  readonly rejectedRows: readonly RejectedRow[];
  /** Whether its bytes alone say what it loads: every row named its ESIID and its revision. */
  readonly selfContained: boolean;
  /** Members some of whose meter-days came in several blocks, so that duplicates among those are not counted yet. */
  readonly recountMembers: readonly number[];
  /** Start of the first and of the last interval, ISO instants. */
  readonly intervalMinAt: string | null;
  readonly intervalMaxAt: string | null;
  readonly esiids: readonly string[];
}

interface MemberReading {
  report: MemberReport;
  reader: IntervalReader | null;
}

/**
 * Reads a raw file to its end in bounded memory: containers opened, every interval handed on in blocks, every row
 * accounted for. A bad row costs that row, a bad member that member.
 * @param sink gets blocks of members that may still turn out to be corrupt: see MemberReport.errorCode
 * @throws only what the source or the sink throws: those are not the file's fault
 */
export async function readRawFile(
  source: ByteSource,
  options: RawFileOptions,
  sink: BlockSink,
): Promise<RawFileReport> {
  const rejected: RejectedRow[] = [];
  const readings: MemberReading[] = [];
  const budget = new UnpackBudget(options.limits ?? defaultArchiveLimits, source.sizeBytes);
  let containerError: FileError | null = null;
  try {
    for await (const member of membersOf(source, options.filename, { budget, decrypt: options.decrypt })) {
      budget.addMember();
      const index = readings.length;
      readings.push(await readMember(member, options, rejected, (block) => sink(block, index)));
      const excess = budget.excess();
      if (excess) throw excess;
    }
    if (readings.length === 0) throw new FileError('empty-file', 'The archive holds no files.');
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    containerError = error;
  }
  return summarize(readings, containerError, rejected);
}

async function readMember(
  member: Member,
  options: RawFileOptions,
  rejected: RejectedRow[],
  sink: (block: IntervalBlock) => void | Promise<void>,
): Promise<MemberReading> {
  const account = new RowTally(member.name === options.filename ? null : member.name, rejected);
  const reading: MemberReading = {
    report: {
      name: member.name.toWellFormed(),
      kind: 'unknown',
      counts: account.counts,
      errorCode: null,
      errorMessage: null,
    },
    reader: null,
  };
  const setKind = (kind: MemberKind): void => {
    reading.report = { ...reading.report, kind };
  };
  try {
    await readLines(member, options, account, reading, setKind, sink);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    // Settles the rows that wait for others, so that the counts add up; the blocks it lets go are not handed on.
    reading.reader?.finish();
    reading.report = { ...reading.report, errorCode: error.code, errorMessage: error.message };
  }
  return reading;
}

async function readLines(
  member: Member,
  options: RawFileOptions,
  account: RowTally,
  reading: MemberReading,
  setKind: (kind: MemberKind) => void,
  sink: (block: IntervalBlock) => void | Promise<void>,
): Promise<void> {
  const blocks: IntervalBlock[] = [];
  const handOn = async (): Promise<void> => {
    for (const block of blocks.splice(0)) await sink(block);
  };
  for await (const chunk of lineChunks(member.bytes)) {
    let from = 0;
    if (!reading.reader) {
      const headerIndex = chunk.lines.findIndex((line) => line.trim() !== '');
      if (headerIndex < 0) continue;
      const header = readHeader(chunk.lines[headerIndex] ?? '');
      setKind(header.kind);
      if (header.kind !== 'interval') return;
      reading.reader = intervalReader(header.layout, options, account, (block) => blocks.push(block));
      from = headerIndex + 1;
    }
    reading.reader.read(chunk, from);
    await handOn();
  }
  if (!reading.reader) throw new FileError('empty-file', 'The file is empty.');
  reading.reader.finish();
  await handOn();
  if (account.counts.intervalsRead === 0) throw new FileError('no-usable-rows', noUsableRows(account.counts));
  const { refusal } = reading.reader;
  if (refusal) throw refusal;
}

/** The report of a raw file that could not even be read, for a reason that no retry mends. */
export function failedReport(error: { readonly code: string; readonly message: string }): RawFileReport {
  return { ...summarize([], null, []), status: 'failed', errorCode: error.code, errorMessage: error.message };
}

function intervalReader(
  layout: ConstructorParameters<typeof IntervalReader>[0]['layout'],
  options: RawFileOptions,
  account: RowTally,
  emit: (block: IntervalBlock) => void,
): IntervalReader {
  const { esiidHint, maxOpenBlocks } = options;
  if (layout.esiid < 0 && (!esiidHint || !esiidPattern.test(esiidHint))) {
    throw new FileError(
      'esiid-unknown',
      'The file has no ESIID column. Give its ESIID: upload it again with "esiid" in the request, or copy the object ' +
        'to a key with a segment esiid=<ESIID>/ in it.',
    );
  }
  return new IntervalReader({
    layout,
    esiidHint,
    account,
    emit,
    maxOpenBlocks,
  });
}

function noUsableRows(counts: RowCounts): string {
  const found = Object.entries(counts)
    .filter(([name, count]) => name !== 'rowsRead' && count > 0)
    .map(([name, count]) => `${name} ${count}`);
  return `The header is known but no row holds a reading: ${counts.rowsRead} rows read${found.length ? ` (${found.join(', ')})` : ''}.`;
}

function summarize(
  readings: readonly MemberReading[],
  containerError: FileError | null,
  rejectedRows: readonly RejectedRow[],
): RawFileReport {
  const members = readings.map(({ report }) => report);
  const readers = readings.flatMap(({ reader, report }) => (reader && !report.errorCode ? [reader] : []));
  const counts = noRows();
  for (const { counts: part } of members) addCounts(counts, part);
  const error = containerError ?? memberError(members);
  const isInterval = members.some(({ kind }) => kind === 'interval');
  const firstMs = Math.min(...readers.map(({ totals }) => totals.firstMs));
  const lastMs = Math.max(...readers.map(({ totals }) => totals.lastMs));
  return {
    status: error ? 'failed' : isInterval ? 'normalized' : 'ignored',
    errorCode: error?.code ?? null,
    errorMessage: error?.message ?? null,
    counts,
    members,
    rejectedRows,
    selfContained: !error && readers.length > 0 && readers.every((reader) => reader.selfContained),
    recountMembers: readings.flatMap(({ reader }, index) => (reader?.totals.recountNeeded ? [index] : [])),
    intervalMinAt: Number.isFinite(firstMs) ? new Date(firstMs).toISOString() : null,
    intervalMaxAt: Number.isFinite(lastMs) ? new Date(lastMs).toISOString() : null,
    esiids: [...new Set(readers.flatMap((reader) => [...reader.esiids]))],
  };
}

/** What all members agree on is the file's own error; else the failed ones are named. */
function memberError(members: readonly MemberReport[]): { code: string; message: string } | null {
  const failed = members.filter(({ errorCode }) => errorCode !== null);
  const [first] = failed;
  if (!first?.errorCode || first.errorMessage === null) return null;
  if (members.length === 1) return { code: first.errorCode, message: first.errorMessage };
  const named = failed
    .slice(0, 10)
    .map(({ name, errorCode, errorMessage }) => `${name}: ${errorCode} (${errorMessage})`);
  const more = failed.length > named.length ? `; and ${failed.length - named.length} more` : '';
  const isShared = members.every(({ errorCode }) => errorCode === first.errorCode);
  const rest = isShared ? '' : ', the others are loaded';
  return {
    code: isShared ? first.errorCode : 'members-failed',
    message: `${failed.length} of ${members.length} members failed${rest}. ${named.join('; ')}${more}`,
  };
}
