import { FileError } from '../../archive/file-error.ts';
import type { MemberReading } from '../member-reading.ts';
import { copiedString } from './copied-string.ts';
import { noUsableRows } from './no-usable-rows.ts';
import { type CellPlace, describeCell, quoted } from './place-of-cell.ts';
import { readOtherRows, readRows } from './read-rows.ts';
import type { ReadingRules } from './reading-rules.ts';
import { RepeatedRows } from './repeated-rows.ts';
import { isRejection, RowParser } from './row-parser.ts';
import { type OnPlaced, RowPlacer } from './row-placer.ts';
import type { Rejection, Row } from './rows.ts';
import type { Table } from './table.ts';
import { writtenDate } from './time/written-date.ts';

/** Reads the rows of one file by its rules. */
export class RowReader {
  private readonly table: Table;
  private readonly rules: ReadingRules;
  private readonly reading: MemberReading;
  private readonly parser: RowParser;
  private readonly placer: RowPlacer;
  private readonly repeated: RepeatedRows | null;
  /** The first date that only the other order can read. */
  private otherOrder: CellPlace | null = null;

  /** @param onPlaced needs each row, so that none is read as a repeated one */
  constructor(table: Table, rules: ReadingRules, reading: MemberReading, onPlaced?: OnPlaced) {
    this.table = table;
    this.rules = rules;
    this.reading = reading;
    this.parser = new RowParser(rules, reading.options.receivedAt);
    this.placer = new RowPlacer(rules, reading, (row, rejection) => this.reject(row, rejection), onPlaced);
    const isEachNeeded = onPlaced || reading.options.parsesEveryRow;
    this.repeated = isEachNeeded ? null : RepeatedRows.of(rules.layout, reading.tally.counts);
  }

  async read(bytes: AsyncIterable<Buffer>): Promise<void> {
    const afterChunk = (): Promise<void> => {
      this.placer.bound();
      return this.reading.flush();
    };
    try {
      const { repeated } = this;
      if (repeated) await readOtherRows(bytes, this.table, repeated, this.readAndLearn(repeated), afterChunk);
      else await readRows(bytes, this.table, (row) => this.readRow(row), afterChunk);
    } finally {
      this.finish(); // also after an error, so that the counts of an incomplete member add up
    }
    await this.reading.flush();
    if (this.otherOrder) throw dayFirst(this.otherOrder);
    const { tally } = this.reading;
    if (tally.counts.intervalsRead === 0) throw noUsableRows(tally, this.placer.otherLengths);
  }

  /** Rows of the repeated hour whose slot is ambiguous. */
  get unresolvedRows(): number {
    return this.placer.unresolvedRows;
  }

  private readAndLearn(
    repeated: RepeatedRows,
  ): (row: Row, bytes?: Buffer, from?: number, to?: number) => void {
    return (row, bytes, from = 0, to = 0) => {
      this.readRow(row);
      if (bytes) repeated.learn(bytes, from, to, this.placer.placed);
    };
  }

  private readRow(row: Row): void {
    this.reading.tally.counts.rowsRead++;
    this.placer.placed = null;
    const parsed = this.parser.parse(row);
    if (isRejection(parsed)) this.reject(row, parsed);
    else this.placer.place(row, parsed);
  }

  private reject(row: Row, rejection: Rejection): void {
    const { reason, column } = rejection;
    const { tally } = this.reading;
    if (reason === 'invalid-timestamp' && this.otherOrder === null && isOfOtherOrder(row.cells[column] ?? ''))
      this.otherOrder = this.placeOf(row, column);
    const what = tally.firstBad.has(reason) ? '' : this.describe(row, rejection);
    tally.reject(reason, row.lineNumber, row.text, 1, what);
  }

  private describe(row: Row, { column, message }: Rejection): string {
    if (message) return message;
    return column < 0
      ? `${quoted(row.text)} (line ${row.lineNumber})`
      : describeCell(this.placeOf(row, column));
  }

  private placeOf(row: Row, column: number): CellPlace {
    const name = this.rules.layout.names[column] ?? '';
    return { column: name, text: copiedString(row.cells[column] ?? ''), lineNumber: row.lineNumber };
  }

  private finish(): void {
    this.placer.finish();
    const { layout } = this.rules;
    this.reading.isSelfContained = layout.esiid >= 0 && layout.revision >= 0 && !this.parser.sawBlankRevision;
  }
}

/** SMT writes the month first. Dates of both orders in one file make those ambiguous that either order can read. */
function isOfOtherOrder(text: string): boolean {
  const written = writtenDate(text.trim());
  return written?.shape === 'long' && written.dates.has('day-first') && !written.dates.has('month-first');
}

function dayFirst(place: CellPlace): FileError {
  return new FileError(
    'ambiguous-dates',
    `SMT writes the month before the day, and here is a date with the day before the month: ${describeCell(place)}. Others ` +
      'of the file may be read either way. Write all dates as YYYY-MM-DD and send the file again.',
  );
}
