import type { Channel } from './block.ts';

/** What all rows of a stretch share: parsed once, as long as the cells stay the same. */
export interface Stretch {
  readonly cells: readonly [esiid: string, channel: string, revision: string, date: string];
  readonly esiid: string | null;
  readonly channel: Channel | null;
  /** Undefined if the stamp cannot be read. */
  readonly revisedAt: string | null | undefined;
  /** Null if there is no date column or it cannot be read. */
  readonly date: string | null;
}

/** A data row, and how to find its text again. */
export interface Row {
  readonly record: readonly string[];
  readonly lineNumber: number;
  readonly text: () => string;
}
