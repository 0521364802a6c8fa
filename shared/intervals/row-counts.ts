/** Why a data row was rejected, and the count that stands for it. */
export const countOfReason = {
  'invalid-esiid': 'invalidEsiid',
  'invalid-timestamp': 'invalidTimestamp',
  'invalid-kwh': 'invalidKwh',
  'invalid-reading': 'invalidReading',
  'invalid-row': 'invalidRow',
} as const;

/** Reasons that say more than the count they add to. */
const countOfExactReason = {
  /** The revision stamp lies more than a day after the file was received. */
  'future-revision': 'invalidTimestamp',
  /** The interval lies more than a day after the file was received. */
  'future-date': 'invalidTimestamp',
  /** The meter's labels, or the day's, are those of intervals of another length. */
  'not-15-minute': 'invalidTimestamp',
  /** Labels of the day come again with other values, in a file that no stamps order: they cannot be what they seem. */
  'conflicting-values': 'invalidTimestamp',
  /** Nothing shows whether the meter's labels are starts or ends. */
  'ambiguous-labels': 'invalidTimestamp',
} as const;

const countOfAnyReason = { ...countOfReason, ...countOfExactReason };

export type RejectReason = keyof typeof countOfAnyReason;

/** The reasons that stand for a count each. */
export const rejectReasons = Object.keys(countOfReason) as readonly (keyof typeof countOfReason)[];

/** The count that a rejected row adds to. */
export function countFor(reason: RejectReason): (typeof countOfAnyReason)[RejectReason] {
  return countOfAnyReason[reason];
}

/** What became of the data rows of a file or member. Every row falls into exactly one of the counts after rowsRead, so they add up to it. */
export interface RowCounts {
  rowsRead: number;
  intervalsRead: number;
  /** Rows of the two reports of reads that gave a read. */
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
  /** A register reading or demand that is no number. */
  invalidReading: number;
  invalidRow: number;
}

/** A data row that could not be used, kept for people to see. */
export interface RejectedRow {
  /** Archive member the row stood in; null for a plain file. */
  readonly member: string | null;
  /** 1-based line in the decoded file or member; the header counts. */
  readonly lineNumber: number;
  readonly reason: RejectReason;
  /** The row's text, cut at 1,000 characters. */
  readonly text: string;
}

/** What a file or archive member was recognized as. */
export type MemberKind = 'interval' | 'daily' | 'monthly' | 'other' | 'unknown';

/** What became of one archive member (a plain file has exactly one, named as the file). */
export interface MemberReport {
  readonly name: string;
  readonly kind: MemberKind;
  readonly counts: RowCounts;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}
