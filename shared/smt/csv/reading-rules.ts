import type { BlockKey } from '../../intervals/block-assembler.ts';
import type { DateCells, FlagOf } from './cells.ts';
import type { IntervalLayout } from './layout.ts';
import type { Rejection } from './rows.ts';
import type { LabelConvention } from './time/label-convention.ts';

/** What the labels of a meter mean, or why its rows, or those of a day, cannot be read. */
export interface MeterRules {
  readonly convention: LabelConvention;
  readonly rejection: Rejection | null;
  /**
   * Why a row is rejected though its meter is read.
   * @param date date and minutes of the row's label, as the file writes them
   */
  rejectionOf(date: string | null, minutes: number): Rejection | null;
}

/** The rules by which the rows of a file are read. */
export interface ReadingRules {
  readonly layout: IntervalLayout;
  /** ESIID of all rows, in a file without a column for it. */
  readonly esiid: string | null;
  readonly dates: DateCells;
  readonly flagOf: FlagOf;
  /** Whether ends name the last minute of their interval: `00:14`. */
  readonly endsAreInclusive: boolean;
  /** Meter-days none of whose rows are read, by {@link meterDayName}. */
  readonly rejectedDays: ReadonlyMap<string, Rejection>;
  /** @param meter ESIID and channel */
  meterRules(meter: string): MeterRules;
}

export function meterDayName({ esiid, channel, day }: Pick<BlockKey, 'esiid' | 'channel' | 'day'>): string {
  return `${esiid} ${channel} ${day.date}`;
}

/** Rules for labels that need no survey: starts, or starts and ends. */
export const startLabels: MeterRules = {
  convention: 'starts',
  rejection: null,
  rejectionOf: () => null,
};
