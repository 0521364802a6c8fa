import { clockDay } from '../../../../shared/intervals/clock.ts';
import { datesBetween, quartersOfSlots, slotStarts } from '../../../../shared/usage/local-time.ts';
import type { Channel, IntervalRow } from './types.ts';

/** One local day; its slots are `firstSlot` and the `slotCount - 1` after it. */
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
  /** As the API returned it; null where there is none. */
  readonly kwh: (string | null)[];
  readonly estimated: boolean[];
}

/** Intervals laid out over the slots of a range of days: the shape that the charts draw. */
export interface SlotRange {
  readonly days: readonly Day[];
  /** Start of every slot, in local time with its offset. */
  readonly starts: readonly string[];
  readonly series: readonly Series[];
}

export function layOut(
  { from, to }: { readonly from: string; readonly to: string },
  rows: readonly IntervalRow[],
): SlotRange {
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
