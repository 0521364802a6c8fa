import type { Channel } from '../intervals/block.ts';
import { addDays, clockDay } from '../intervals/clock.ts';
import type { CoveredDay } from '../storage/usage/read-coverage.ts';
import { datesBetween, slotStarts } from './local-time.ts';

/** A day and channel in the API: slots by state, revisions and files. */
export interface DescribedDay {
  readonly usage_date: string;
  readonly channel: Channel;
  /** 92, 96 or 100. */
  readonly expected: number;
  readonly present: number;
  readonly estimated: number;
  readonly missing: number;
  /** Exact sum of what is present; null when nothing is. */
  readonly kwh: string | null;
  readonly revisions: number;
  readonly latest_revised_at: string | null;
  readonly latest_raw_file_id: string | null;
  readonly first_received_at: string | null;
  readonly latest_received_at: string | null;
  /** Whole days from the end of the day to the first file that had it. */
  readonly days_late: number | null;
}

export interface Gap {
  readonly channel: Channel;
  /** Local time with offset; `end` is excluded. */
  readonly start: string;
  readonly end: string;
  readonly intervals: number;
}

export interface DayRange {
  readonly from: string;
  readonly to: string;
  readonly channels: readonly Channel[];
}

const dayMs = 86_400_000;

/** Every day of a range for each channel, those without any block included; by channel, then date. */
export function describeDays(
  stored: readonly CoveredDay[],
  { from, to, channels }: DayRange,
): DescribedDay[] {
  const byDay = new Map(stored.map((day) => [`${day.channel} ${day.usageDate}`, day]));
  const dates = datesBetween(from, to);
  return channels.flatMap((channel) =>
    dates.map((date) => describeDay(date, channel, byDay.get(`${channel} ${date}`))),
  );
}

function describeDay(date: string, channel: Channel, day: CoveredDay | undefined): DescribedDay {
  const expected = clockDay(date).slotCount;
  const present = day?.present ?? 0;
  const endMs = clockDay(addDays(date, 1)).startMs;
  const lateMs = day && day.firstReceivedAt.getTime() - endMs;
  return {
    usage_date: date,
    channel,
    expected,
    present,
    estimated: day?.estimated ?? 0,
    missing: expected - present,
    kwh: day?.kwh ?? null,
    revisions: day?.revisions ?? 0,
    latest_revised_at: day?.latestRevisedAt.toISOString() ?? null,
    latest_raw_file_id: day?.latestRawFileId ?? null,
    first_received_at: day?.firstReceivedAt.toISOString() ?? null,
    latest_received_at: day?.latestReceivedAt.toISOString() ?? null,
    days_late: lateMs === undefined ? null : Math.max(0, Math.floor(lateMs / dayMs)),
  };
}

/** The slots of one channel, summed over its days. */
export function coverageTotals(days: readonly DescribedDay[], channel: Channel) {
  const totals = { channel, expected: 0, present: 0, estimated: 0, missing: 0 };
  for (const day of days) {
    if (day.channel !== channel) continue;
    totals.expected += day.expected;
    totals.present += day.present;
    totals.estimated += day.estimated;
    totals.missing += day.missing;
  }
  return totals;
}

/** Runs of missing slots, across midnights; days as {@link describeDays} orders them. */
export function findGaps(stored: readonly CoveredDay[], days: readonly DescribedDay[]): Gap[] {
  const presentSlots = new Map(stored.map((day) => [`${day.channel} ${day.usageDate}`, day.presentSlots]));
  const gaps: { channel: Channel; start: string; end: string; intervals: number }[] = [];
  for (const { channel, usage_date: date, missing } of days) {
    if (missing === 0) continue;
    const present = new Set(presentSlots.get(`${channel} ${date}`));
    const starts = slotStarts(clockDay(date));
    const nextDay = slotStarts(clockDay(addDays(date, 1)))[0] ?? '';
    starts.forEach((start, slot) => {
      if (present.has(slot)) return;
      const end = starts[slot + 1] ?? nextDay;
      const last = gaps.at(-1);
      if (last?.channel === channel && last.end === start) {
        last.end = end;
        last.intervals += 1;
      } else {
        gaps.push({ channel, start, end, intervals: 1 });
      }
    });
  }
  return gaps;
}
