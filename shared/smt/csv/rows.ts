import type { Channel } from '../../intervals/block.ts';
import type { ClockDay } from '../../intervals/clock.ts';
import type { RejectReason } from '../../intervals/row-counts.ts';
import { copiedString } from './copied-string.ts';
import { type Delimiter, splitLine } from './csv.ts';
import type { MeterRules } from './reading-rules.ts';

/** A data row. */
export interface Row {
  readonly cells: readonly string[];
  readonly lineNumber: number;
  /** Text of the row as in the file. */
  readonly text: string;
}

/** A copy of the row that may outlive its chunk of the file. */
export function copiedRow(row: Row, delimiter: Delimiter): Row {
  const text = copiedString(row.text);
  return { cells: splitLine(text, delimiter) ?? [], lineNumber: row.lineNumber, text };
}

/** Why a row is rejected, and the column of the invalid cell; -1 if it is the row as a whole. */
export interface Rejection {
  readonly reason: RejectReason;
  readonly column: number;
  /** A description of the error, if it is not only the cell. */
  readonly message?: string;
}

/** A run of rows with the same key cells, which are parsed once. */
export interface RowRun {
  readonly cells: readonly [esiid: string, channel: string, revision: string, date: string];
  readonly esiid: string;
  readonly channel: Channel;
  /** Null for a blank stamp, or where the file has none. */
  readonly revisedAt: string | null;
  /** Null if there is no date column. */
  readonly date: string | null;
  /** The clock of that date. */
  readonly day: ClockDay | null;
  /** What the labels of its meter mean. */
  readonly meter: MeterRules;
  /** Why none of these rows can be used. */
  readonly rejection: Rejection | null;
}
