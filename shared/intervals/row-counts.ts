/** Why a data row was rejected, and the count it is part of. */
export const countOfReason = {
  'invalid-esiid': 'invalidEsiid',
  'invalid-timestamp': 'invalidTimestamp',
  'invalid-kwh': 'invalidKwh',
  'invalid-reading': 'invalidReading',
  'invalid-row': 'invalidRow',
} as const;

/** Reasons that are more specific than the count they add to. */
const countOfExactReason = {
  /** The revision stamp is more than a day after the file was received. */
  'future-revision': 'invalidTimestamp',
  /** The interval is more than a day after the file was received. */
  'future-date': 'invalidTimestamp',
  /** The meter's labels, or the day's, are those of intervals of another length. */
  'not-15-minute': 'invalidTimestamp',
  /** Labels of the day repeat with other values, in a file without stamps to order them: they are ambiguous. */
  'conflicting-values': 'invalidTimestamp',
  /** Nothing shows whether the meter's labels are starts or ends. */
  'ambiguous-labels': 'invalidTimestamp',
} as const;

const countOfAnyReason = { ...countOfReason, ...countOfExactReason };

export type RejectReason = keyof typeof countOfAnyReason;

/** The reasons that have a count of their own. */
export const rejectReasons = Object.keys(countOfReason) as readonly (keyof typeof countOfReason)[];

/** The count that a rejected row adds to. */
export function countFor(reason: RejectReason): (typeof countOfAnyReason)[RejectReason] {
  return countOfAnyReason[reason];
}

/** Outcomes of the data rows of a file or member. Every row is in exactly one of the counts after rowsRead, so they add up to it. */
export interface RowCounts {
  rowsRead: number;
  intervalsRead: number;
  /** Rows of the two reports of reads that contained a read. */
  dailyReadsRead: number;
  monthlyReadsRead: number;
  /** The same slot, day or period and the same value again. */
  duplicateRows: number;
  /** The same slot, day or period in the same revision with another value: both are stored, the view's tuple order decides. */
  conflictingRows: number;
  /** A blank kWh in an hour that exists: a gap, not an error. */
  missingKwh: number;
  /** A blank kWh in the hour that spring forward skips: expected. */
  nonexistentHour: number;
  invalidEsiid: number;
  invalidTimestamp: number;
  invalidKwh: number;
  /** A register reading or demand that is not a number. */
  invalidReading: number;
  invalidRow: number;
}

/** A data row that could not be used, kept for operators. */
export interface RejectedRow {
  /** Archive member that contains the row; null for a plain file. */
  readonly member: string | null;
  /** 1-based line in the decoded file or member; the header counts. */
  readonly lineNumber: number;
  readonly reason: RejectReason;
  /** The row's text, cut at 1,000 characters. */
  readonly text: string;
}

/** What a file or archive member was recognized as. */
export type MemberKind = 'interval' | 'daily' | 'monthly' | 'other' | 'unknown';

/** Outcome of one archive member (a plain file has exactly one, with the file's name). */
export interface MemberReport {
  readonly name: string;
  readonly kind: MemberKind;
  readonly counts: RowCounts;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}
