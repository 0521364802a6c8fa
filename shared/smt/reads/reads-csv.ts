import { FileError } from '../../archive/file-error.ts';
import type { RowCounts } from '../../intervals/row-counts.ts';
import type { DailyRead } from '../../reads/daily-read.ts';
import type { MonthlyRead } from '../../reads/monthly-read.ts';
import { splitLines } from '../csv/csv.ts';
import { type LineChunk, lineChunks } from '../csv/line-chunks.ts';
import type { Form } from '../form.ts';
import { type LatestTimes, latestTimes } from '../latest-times.ts';
import type { MemberReading } from '../member-reading.ts';
import {
  type ColumnNames,
  type ReportHeader,
  recognizeReportHeader,
  rejectUnknownColumns,
} from './columns.ts';
import { DateProof } from './date-proof.ts';
import { type ParsedRead, rejectLate } from './parsed-read.ts';
import { SeenReads } from './seen-reads.ts';

/** One of SMT's reports of meter reads as CSV. */
export interface ReadsReport<Column extends string, Read extends DailyRead | MonthlyRead> {
  readonly kind: 'daily' | 'monthly';
  readonly names: ColumnNames<Column>;
  /** By these columns the report is recognized. */
  readonly required: readonly Column[];
  /** Columns of civil dates. */
  readonly dates: readonly Column[];
  readonly revision: Column;
  /** What the report has one row for: ESIID, channel, dates and revision. */
  keyOf(read: Read): string;
  /** Its day, or the end of its period. */
  dateOf(read: Read): string;
  parse(cells: Readonly<Record<Column, string>>): ParsedRead<Read>;
}

/** Lines before the header that a report may have: a delimiter hint, an account block. */
const maxPreambleLines = 20;
/** Maximum number of different values of one meter and day, or period; with more, the file is of another form. */
const maxValuesOfKey = 2;

/** The form that reads a report. */
export function readsCsv<Column extends string, Read extends DailyRead | MonthlyRead>(
  report: ReadsReport<Column, Read>,
): Form {
  return {
    kind: report.kind,
    recognizes: ({ text }) => headerIndex(report, text.split(/\r\n|\n|\r/, maxPreambleLines)) >= 0,
    read: (bytes, reading) => readReport(report, bytes, reading),
  };
}

function headerIndex<Column extends string>(
  { names, required }: Pick<ReadsReport<Column, never>, 'names' | 'required'>,
  lines: readonly string[],
): number {
  return lines
    .slice(0, maxPreambleLines)
    .findIndex((line) => recognizeReportHeader(line, names, required) !== null);
}

async function readReport<Column extends string, Read extends DailyRead | MonthlyRead>(
  report: ReadsReport<Column, Read>,
  bytes: AsyncIterable<Buffer>,
  reading: MemberReading,
): Promise<void> {
  let rows: ReportRows<Column, Read> | null = null;
  for await (const chunk of lineChunks(bytes)) {
    let from = 0;
    if (!rows) {
      const index = headerIndex(report, chunk.lines);
      const header = recognizeReportHeader(chunk.lines[index] ?? '', report.names, report.required);
      if (!header) continue;
      rejectUnknownColumns(header);
      rows = new ReportRows(report, header, reading);
      from = index + 1;
    }
    rows.read(chunk, from);
    await reading.flush();
  }
  rows?.finish();
}

/** Reads the data rows of one report: every row into exactly one count, every read to the sink. */
class ReportRows<Column extends string, Read extends DailyRead | MonthlyRead> {
  private readonly report: ReadsReport<Column, Read>;
  private readonly header: ReportHeader<Column>;
  private readonly reading: MemberReading;
  private readonly seen = new SeenReads();
  private readonly proofs: ReadonlyMap<Column, DateProof>;
  private readonly latest: LatestTimes;
  private sawBlankRevision = false;

  constructor(report: ReadsReport<Column, Read>, header: ReportHeader<Column>, reading: MemberReading) {
    this.report = report;
    this.header = header;
    this.reading = reading;
    this.latest = latestTimes(reading.options.receivedAt);
    this.proofs = new Map(report.dates.map((column) => [column, new DateProof()]));
  }

  read({ lines, firstLine, isOverlong }: LineChunk, from: number): void {
    const fieldsOf = isOverlong ? () => null : splitLines(lines, this.header.delimiter);
    for (let i = from; i < lines.length; i++) {
      const cells = fieldsOf(i);
      if (cells?.every((cell) => cell.trim() === '')) continue;
      this.reading.tally.counts.rowsRead++;
      this.readRow(cells, firstLine + i, lines[i] ?? '');
    }
  }

  /** @throws FileError if the cells contradict the header, or no row holds a read */
  finish(): void {
    const { reading } = this;
    for (const proof of this.proofs.values()) proof.finish();
    reading.isReadRecountNeeded = this.seen.isFull;
    reading.isSelfContained = this.header.columns[this.report.revision] >= 0 && !this.sawBlankRevision;
    const { counts } = reading.tally;
    if (counts[this.countName] === 0) throw new FileError('no-usable-rows', noReads(counts));
  }

  private get countName(): 'dailyReadsRead' | 'monthlyReadsRead' {
    return this.report.kind === 'daily' ? 'dailyReadsRead' : 'monthlyReadsRead';
  }

  private readRow(cells: readonly string[] | null, lineNumber: number, line: string): void {
    const { tally } = this.reading;
    const text = cells && this.textOf(cells);
    if (!text) {
      tally.reject('invalid-row', lineNumber, line);
      return;
    }
    this.proveDates(text, lineNumber, line);
    const parsed = rejectLate(this.report.parse(text), this.report.dateOf, this.latest);
    if (parsed.kind === 'rejected') tally.reject(parsed.reason, lineNumber, line);
    else if (parsed.kind === 'missing-kwh') tally.counts.missingKwh++;
    else this.addRead(parsed.read, lineNumber);
  }

  /** @throws FileError for a cell that is not a date; the row is counted first */
  private proveDates(text: Readonly<Record<Column, string>>, lineNumber: number, line: string): void {
    for (const [column, proof] of this.proofs) {
      const name = this.report.names[column][0] ?? column;
      const error = proof.check({ column: name, text: text[column], lineNumber });
      if (!error) continue;
      this.reading.tally.reject('invalid-timestamp', lineNumber, line);
      throw error;
    }
  }

  private addRead(read: Read, lineNumber: number): void {
    const { reading } = this;
    const { counts } = reading.tally;
    if (read.revisedAt === null) this.sawBlankRevision = true;
    const others = this.seen.add(this.report.keyOf(read), read.content);
    if (others === 'duplicate') {
      counts.duplicateRows++;
      return;
    }
    if (others === 0) counts[this.countName]++;
    else counts.conflictingRows++;
    if (others >= maxValuesOfKey) throw severalRows(this.report.kind, lineNumber);
    reading.addRead(read);
  }

  /** The cells by column; null if the row does not have as many as the header. */
  private textOf(cells: readonly string[]): Record<Column, string> | null {
    const { columns, columnCount } = this.header;
    const isWhole =
      cells.length >= columnCount && cells.slice(columnCount).every((cell) => cell.trim() === '');
    if (!isWhole) return null;
    const entries = Object.entries<number>(columns).map(([column, index]) => [column, cells[index] ?? '']);
    return Object.fromEntries(entries) as Record<Column, string>;
  }
}

function severalRows(kind: 'daily' | 'monthly', lineNumber: number): FileError {
  const one = kind === 'daily' ? 'day' : 'billing period';
  return new FileError(
    'several-rows-a-read',
    `A report of ${kind} reads has one row per meter and ${one}. Line ${lineNumber} is the third that gives the same meter, ` +
      `${one} and revision another value, so the rows are parts of something else, and none of them is loaded.`,
  );
}

function noReads(counts: RowCounts): string {
  const found = Object.entries(counts)
    .filter(([name, count]) => name !== 'rowsRead' && count > 0)
    .map(([name, count]) => `${name} ${count}`);
  return `The header is known but no row holds a read: ${counts.rowsRead} rows read${found.length ? ` (${found.join(', ')})` : ''}.`;
}
