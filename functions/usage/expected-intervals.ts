import { addDays, clockDay } from '../../shared/intervals/clock.ts';
import type { Database } from '../../shared/storage/database.ts';
import { slotCountBetween } from '../../shared/usage/local-time.ts';
import { knownRange } from './known-range.ts';
import type { UsageRequest } from './usage.ts';

/**
 * A function that returns how many intervals the period has that begins on a date, for one of the ESIIDs; a week, month or
 * year has only its days within the range.
 */
export async function expectedIntervals(
  database: Database,
  query: UsageRequest['query'],
  esiids: readonly string[],
): Promise<(esiid: string, date: string) => number> {
  const { resolution, from, to, as_of: asOf = null } = query;
  if (resolution === '15min') return () => 1;
  if (resolution === 'hour') return () => 4;
  if (resolution === 'day') return (_, date) => clockDay(date).slotCount;
  const ranges = new Map<string, Range | null>();
  for (const esiid of esiids) {
    const isWhole = from !== undefined && to !== undefined;
    ranges.set(esiid, isWhole ? { from, to } : await knownRange(database, { esiid, from, to, asOf }));
  }
  return (esiid, first) => {
    const range = ranges.get(esiid);
    if (!range) return 0;
    const last = lastDayOf[resolution](first);
    // biome-ignore lint/complexity/useMathMinMax: dates are text, which Math.max turns into NaN
    return slotCountBetween(range.from > first ? range.from : first, range.to < last ? range.to : last);
  };
}

interface Range {
  readonly from: string;
  readonly to: string;
}

/** Last day of the period that begins on a date. */
const lastDayOf = {
  week: (first: string) => addDays(first, 6),
  month: (first: string) =>
    new Date(Date.UTC(Number(first.slice(0, 4)), Number(first.slice(5, 7)), 0)).toISOString().slice(0, 10),
  year: (first: string) => `${first.slice(0, 4)}-12-31`,
};
