import { countFor, type RejectedRow, type RejectReason, type RowCounts } from '../intervals/row-counts.ts';
import { copiedString } from './csv/copied-string.ts';

const maxKeptRows = 100;
const maxTextLength = 1000;

export function noRows(): RowCounts {
  return {
    rowsRead: 0,
    intervalsRead: 0,
    dailyReadsRead: 0,
    monthlyReadsRead: 0,
    duplicateRows: 0,
    conflictingRows: 0,
    missingKwh: 0,
    nonexistentHour: 0,
    invalidEsiid: 0,
    invalidTimestamp: 0,
    invalidKwh: 0,
    invalidReading: 0,
    invalidRow: 0,
  };
}

/** Adds one tally's counts to another's, in place. */
export function addCounts(total: RowCounts, part: Readonly<RowCounts>): void {
  for (const name of Object.keys(total) as (keyof RowCounts)[]) total[name] += part[name];
}

/** The counts for a message: `24 rows read (invalidTimestamp 24)`. */
export function describeCounts({ rowsRead, ...counts }: RowCounts): string {
  const kinds = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`);
  return `${rowsRead} rows read${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}`;
}

/** Tallies one file's rows: complete counts, and the first 100 rejected rows. */
export class RowTally {
  readonly counts: RowCounts = noRows();
  /** Description of the first rejected row of each reason. */
  readonly firstBad = new Map<RejectReason, string>();
  /** How many rows were rejected for each reason. */
  readonly rejectedOf = new Map<RejectReason, number>();
  private readonly member: string | null;
  private readonly rejected: RejectedRow[];

  /** @param rejected the file's list, shared by its members */
  constructor(member: string | null, rejected: RejectedRow[]) {
    this.member = member;
    this.rejected = rejected;
  }

  /**
   * @param rows how many rows the text contains: a day's raster is rejected as a whole
   * @param what names the cell that the row is rejected for; kept of the first row of each reason
   */
  reject(
    reason: RejectReason,
    lineNumber: number,
    text: string,
    rows = 1,
    what = `line ${lineNumber}`,
  ): void {
    this.counts[countFor(reason)] += rows;
    if (!this.firstBad.has(reason)) this.firstBad.set(reason, what);
    this.rejectedOf.set(reason, (this.rejectedOf.get(reason) ?? 0) + rows);
    if (this.rejected.length >= maxKeptRows) return;
    // Postgres text cannot contain NUL, and truncation may split a surrogate pair.
    const kept = copiedString(text.slice(0, maxTextLength).replaceAll('\0', '\uFFFD').toWellFormed());
    this.rejected.push({ member: this.member, lineNumber, reason, text: kept });
  }
}
