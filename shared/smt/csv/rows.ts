import type { Channel } from '../../intervals/block.ts';
import type { ClockDay } from '../../intervals/clock.ts';
import { copiedString } from './copied-string.ts';
import { type Delimiter, splitLine } from './csv.ts';

/** What all rows of a stretch share: parsed once, as long as the cells stay the same. */
export interface Stretch {
  readonly cells: readonly [esiid: string, channel: string, revision: string, date: string];
  readonly esiid: string | null;
  readonly channel: Channel | null;
  /** Undefined if the stamp cannot be read. */
  readonly revisedAt: string | null | undefined;
  /** Null if there is no date column or it cannot be read. */
  readonly date: string | null;
  /** The clock of that date. */
  readonly day: ClockDay | null;
}

/** A data row. */
export interface Row {
  readonly cells: readonly string[];
  readonly lineNumber: number;
  /** As it stood in the file. */
  readonly text: string;
}

/** The row as it can be kept beyond its chunk of the file. */
export function copiedRow(row: Row, delimiter: Delimiter): Row {
  const text = copiedString(row.text);
  return { cells: splitLine(text, delimiter) ?? [], lineNumber: row.lineNumber, text };
}
