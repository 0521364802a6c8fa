import { clockDay } from '../../../../shared/intervals/clock.ts';
import { formatDecimal, parseDecimal } from '../../../../shared/usage/decimal.ts';
import { datesBetween, quartersOfSlots, slotStarts } from '../../../../shared/usage/local-time.ts';
import type { Channel, IntervalRow, Selection } from './types.ts';

/** One local day of the range; its slots are `firstSlot` and the `slotCount - 1` after it. */
export interface Day {
  readonly date: string;
  /** 92, 96 or 100. */
  readonly slotCount: number;
  readonly firstSlot: number;
  /** For each slot, the quarter hour (0 to 95) that a clock on the wall shows. */
  readonly quarters: readonly number[];
}

/** The values of one channel, by slot. */
export interface Series {
  readonly channel: Channel;
  /** As the API gave it; null where there is none. */
  readonly kwh: (string | null)[];
  readonly estimated: boolean[];
}

/** Intervals laid out over the slots of a range of days: the shape that the charts draw. */
export interface Range {
  readonly days: readonly Day[];
  /** Start of every slot, in local time with its offset. */
  readonly starts: readonly string[];
  readonly series: readonly Series[];
}

export function layOut({ from, to }: Selection, rows: readonly IntervalRow[]): Range {
  const days: Day[] = [];
  const starts: string[] = [];
  for (const date of datesBetween(from, to)) {
    const clock = clockDay(date);
    const { slotCount } = clock;
    days.push({ date, slotCount, firstSlot: starts.length, quarters: quartersOfSlots(clock) });
    starts.push(...slotStarts(clock));
  }
  const slotOfStart = new Map(starts.map((start, slot) => [start, slot]));
  const series = new Map<Channel, Series>();
  for (const { channel, start, kwh, estimated } of rows) {
    const slot = slotOfStart.get(start);
    if (slot === undefined) continue;
    const values = series.get(channel) ?? emptySeries(channel, starts.length);
    series.set(channel, values);
    values.kwh[slot] = kwh;
    values.estimated[slot] = estimated;
  }
  return { days, starts, series: [...series.values()].sort((a, b) => a.channel.localeCompare(b.channel)) };
}

function emptySeries(channel: Channel, slotCount: number): Series {
  return { channel, kwh: Array(slotCount).fill(null), estimated: Array(slotCount).fill(false) };
}

/** The exact sum of some slots, in units of 0.00001 kWh; null when none of them has a value. */
export function sumOf(series: Series, firstSlot = 0, slotCount = series.kwh.length): bigint | null {
  let sum: bigint | null = null;
  for (let slot = firstSlot; slot < firstSlot + slotCount; slot++) {
    const kwh = series.kwh[slot];
    if (kwh !== null && kwh !== undefined) sum = (sum ?? 0n) + parseDecimal(kwh);
  }
  return sum;
}

/** The exact sum of each day as a decimal string, null for a day without a value. */
export function daySums(days: readonly Day[], series: Series): readonly (string | null)[] {
  return days.map(({ firstSlot, slotCount }) => {
    const sum = sumOf(series, firstSlot, slotCount);
    return sum === null ? null : formatDecimal(sum);
  });
}
