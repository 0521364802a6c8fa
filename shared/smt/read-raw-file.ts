import type { ByteSource } from '../archive/byte-source.ts';
import { FileError } from '../archive/file-error.ts';
import { type ArchiveLimits, defaultArchiveLimits, UnpackBudget } from '../archive/limits.ts';
import { type Decrypt, type Member, membersOf } from '../archive/members.ts';
import type { MemberKind, MemberReport, RejectedRow, RowCounts } from '../intervals/row-counts.ts';
import { forms } from './forms.ts';
import { type BlockSink, MemberReading, type ReadingOptions, type ReadSink } from './member-reading.ts';
import { addCounts, noRows, RowTally } from './row-tally.ts';
import { decodeHead } from './text.ts';
import { rejectNoText, unrecognized } from './unrecognized.ts';

export type { BlockSink, ReadSink } from './member-reading.ts';

export interface RawFileOptions extends ReadingOptions {
  /** The raw file's name, for messages. */
  readonly filename: string;
  readonly limits?: ArchiveLimits | undefined;
  /** Opens PGP messages; without it they fail with `pgp-key-missing`. */
  readonly decrypt?: Decrypt | undefined;
}

/** The outcome of reading a raw file. */
export interface RawFileReport {
  readonly status: 'normalized' | 'ignored' | 'failed';
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly counts: RowCounts;
  readonly members: readonly MemberReport[];
  readonly rejectedRows: readonly RejectedRow[];
  /** Whether its bytes alone determine what it loads: every row has its ESIID and its revision. */
  readonly selfContained: boolean;
  /** Members with meter-days split into several blocks, so that duplicates among those are not counted yet. */
  readonly recountMembers: readonly number[];
  /** Members with more reads than are compared with each other, so that duplicates among them are not all counted yet. */
  readonly recountReadMembers: readonly number[];
  /** Start of the first and of the last interval, ISO instants. */
  readonly intervalMinAt: string | null;
  readonly intervalMaxAt: string | null;
}

interface ReadMember {
  readonly report: MemberReport;
  readonly reading: MemberReading;
}

/**
 * Reads a raw file to its end in bounded memory: opens containers, passes every interval on in blocks, counts every row.
 * A bad row rejects only that row, a bad member only that member.
 * @param sink receives blocks of members that may still prove corrupt: see MemberReport.errorCode
 * @param readSink receives their daily and monthly reads, likewise
 * @throws only errors of the source or the sink, which are not caused by the file
 */
export async function readRawFile(
  source: ByteSource,
  options: RawFileOptions,
  sink: BlockSink,
  readSink: ReadSink = () => undefined,
): Promise<RawFileReport> {
  const rejected: RejectedRow[] = [];
  const members: ReadMember[] = [];
  const budget = new UnpackBudget(options.limits ?? defaultArchiveLimits, source.sizeBytes);
  let containerError: FileError | null = null;
  try {
    for await (const member of membersOf(source, options.filename, { budget, decrypt: options.decrypt })) {
      budget.addMember();
      const index = members.length;
      const tally = new RowTally(member.name === options.filename ? null : member.name, rejected);
      const reading = new MemberReading(options, tally, {
        block: (block) => sink(block, index),
        read: (read) => readSink(read, index),
      });
      members.push({ report: await readMember(member, reading), reading });
      const excess = budget.excess();
      if (excess) throw excess;
    }
    if (members.length === 0) throw new FileError('empty-file', 'The archive holds no files.');
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    containerError = error;
  }
  return summarize(members, containerError, rejected);
}

/** The report of a raw file that could not be read, for a reason that no retry can fix. */
export function failedReport(error: { readonly code: string; readonly message: string }): RawFileReport {
  return { ...summarize([], null, []), status: 'failed', errorCode: error.code, errorMessage: error.message };
}

async function readMember(member: Member, reading: MemberReading): Promise<MemberReport> {
  let kind: MemberKind = 'unknown';
  let error: FileError | null = null;
  try {
    const head = { ...member.head, text: decodeHead(member.head.bytes) };
    rejectNoText(head);
    const form = forms.find((known) => known.recognizes(head));
    if (!form) throw head.error ?? unrecognized(head);
    kind = form.kind;
    if (form.read) await form.read(member.bytes, reading, head);
    else await readToEnd(member.bytes);
  } catch (thrown) {
    if (!(thrown instanceof FileError)) throw thrown;
    error = thrown;
  }
  return {
    name: member.name.toWellFormed(),
    kind,
    counts: reading.tally.counts,
    errorCode: error?.code ?? null,
    errorMessage: error?.message ?? null,
  };
}

/** A member that is ignored must be whole too: what is cut off may be of another form. @throws FileError */
async function readToEnd(bytes: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of bytes);
}

function summarize(
  members: readonly ReadMember[],
  containerError: FileError | null,
  rejectedRows: readonly RejectedRow[],
): RawFileReport {
  const reports = members.map(({ report }) => report);
  const readings = members.flatMap(({ report, reading }) =>
    holdsReadings(report) && !report.errorCode ? [reading] : [],
  );
  const counts = noRows();
  for (const { counts: part } of reports) addCounts(counts, part);
  const error = containerError ?? memberError(reports);
  return {
    status: error ? 'failed' : reports.some(holdsReadings) ? 'normalized' : 'ignored',
    errorCode: error?.code ?? null,
    errorMessage: error?.message ?? null,
    counts,
    members: reports,
    rejectedRows,
    selfContained: !error && readings.length > 0 && readings.every((reading) => reading.isSelfContained),
    recountMembers: members.flatMap(({ reading }, index) => (reading.isRecountNeeded ? [index] : [])),
    recountReadMembers: members.flatMap(({ reading }, index) => (reading.isReadRecountNeeded ? [index] : [])),
    intervalMinAt: isoOf(Math.min(...readings.map(({ firstMs }) => firstMs))),
    intervalMaxAt: isoOf(Math.max(...readings.map(({ lastMs }) => lastMs))),
  };
}

function holdsReadings({ kind }: MemberReport): boolean {
  return kind === 'interval' || kind === 'daily' || kind === 'monthly';
}

function isoOf(instantMs: number): string | null {
  return Number.isFinite(instantMs) ? new Date(instantMs).toISOString() : null;
}

/** An error that all members share is the file's own; else the failed members are named. */
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
  const isAnyLoaded = members.some(({ errorCode, kind }) => errorCode === null && kind !== 'other');
  const rest = isAnyLoaded ? ', the others are loaded' : '';
  return {
    code: isShared ? first.errorCode : 'members-failed',
    message: `${failed.length} of ${members.length} members failed${rest}. ${named.join('; ')}${more}`,
  };
}
