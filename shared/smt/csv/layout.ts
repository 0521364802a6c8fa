import type { Delimiter } from './csv.ts';

/** Where an interval file's columns are; -1 where it has none. */
export interface IntervalLayout {
  readonly delimiter: Delimiter;
  readonly columnCount: number;
  readonly names: readonly string[];
  readonly esiid: number;
  readonly meter: number;
  /** Usage date, if it has a separate column. */
  readonly date: number;
  readonly revision: number;
  /** Start of the interval; -1 if the only label is its end, or may be either. */
  readonly start: number;
  readonly end: number;
  readonly kwh: number;
  readonly flag: number;
  readonly channel: number;
}
