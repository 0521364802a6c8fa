import { addDays } from '../../../../shared/intervals/clock.ts';
import { parseDecimal } from '../../../../shared/usage/decimal.ts';
import { datesBetween } from '../../../../shared/usage/local-time.ts';
import type { Channel, Coverage, CoveredDay, Gap, Selection } from './types.ts';

/** What is known of a day and channel; `units` is its energy in 0.00001 kWh, null when nothing is stored. */
export interface DayUsage extends CoveredDay {
  readonly units: bigint | null;
}

/** The days of a range. For each channel there is one entry per date. */
export interface RangeUsage {
  readonly selection: Selection;
  readonly dates: readonly string[];
  readonly channels: readonly ChannelUsage[];
  readonly gaps: readonly MergedGap[];
}

export interface ChannelUsage {
  readonly channel: Channel;
  readonly days: readonly DayUsage[];
}

/** A run of missing intervals, with every channel that misses exactly these. */
export interface MergedGap extends Omit<Gap, 'channel'> {
  readonly channels: readonly Channel[];
}

/** The days of a coverage response by channel, their energy ready to be summed. */
export function rangeUsage(selection: Selection, coverage: Coverage): RangeUsage {
  const channels = coverage.totals.map(({ channel }) => ({
    channel,
    days: coverage.days
      .filter((day) => day.channel === channel)
      .map((day) => ({ ...day, units: day.kwh === null ? null : parseDecimal(day.kwh) })),
  }));
  const dates = datesBetween(selection.from, selection.to);
  return { selection, dates, channels, gaps: mergeGaps(coverage.gaps) };
}

/** Gaps of several channels over the same time are one gap. */
export function mergeGaps(gaps: readonly Gap[]): MergedGap[] {
  const merged = new Map<string, MergedGap>();
  for (const { channel, ...gap } of gaps) {
    const key = `${gap.start} ${gap.end}`;
    const channels = [...(merged.get(key)?.channels ?? []), channel];
    merged.set(key, { ...gap, channels });
  }
  return [...merged.values()].sort((a, b) => a.start.localeCompare(b.start));
}

/** The energy of some days in 0.00001 kWh; null when none of them has a value. */
export function sumUnits(days: readonly { readonly units: bigint | null }[]): bigint | null {
  return days.reduce<bigint | null>((sum, { units }) => (units === null ? sum : (sum ?? 0n) + units), null);
}

/** Days that are drawn or listed as one: a day, a week from Sunday, or a calendar month. */
export interface Period {
  readonly first: string;
  readonly last: string;
  readonly units: bigint | null;
  /** Days that the whole period has, within the range or not. */
  readonly days: number;
  /** Days of which every interval is stored. */
  readonly wholeDays: number;
  readonly intervals: number;
  readonly expected: number;
  readonly estimated: number;
}

export type PeriodKind = 'day' | 'week' | 'month';

/** The days of a channel by period, in order. */
export function periodsOf(days: readonly DayUsage[], kind: PeriodKind): Period[] {
  const groups = Map.groupBy(days, ({ usage_date: date }) => periodStart(date, kind));
  return [...groups].map(([start, group]) => ({
    first: group[0]?.usage_date ?? start,
    last: group.at(-1)?.usage_date ?? start,
    units: sumUnits(group),
    days: periodLength(start, kind),
    wholeDays: group.filter(({ present, expected }) => present === expected).length,
    intervals: group.reduce((sum, { present }) => sum + present, 0),
    expected: group.reduce((sum, { expected }) => sum + expected, 0),
    estimated: group.reduce((sum, { estimated }) => sum + estimated, 0),
  }));
}

function periodStart(date: string, kind: PeriodKind): string {
  if (kind === 'day') return date;
  if (kind === 'month') return `${date.slice(0, 7)}-01`;
  return addDays(date, -new Date(`${date}T00:00:00Z`).getUTCDay());
}

function periodLength(start: string, kind: PeriodKind): number {
  if (kind === 'day') return 1;
  return kind === 'week' ? 7 : daysOfMonth(start);
}

/** How many days the calendar month of a date has. */
export function daysOfMonth(date: string): number {
  return new Date(Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)), 0)).getUTCDate();
}
