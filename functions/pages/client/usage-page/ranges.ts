import { addDays, dayCount } from '../../../../shared/intervals/clock.ts';
import { daysOfMonth } from './range-usage.ts';
import type { Meter, Selection } from './types.ts';

/** Ranges of days: the usual ones, the ones beside a range, and those that it is compared with. */

export interface DateRange {
  readonly from: string;
  readonly to: string;
}

/** As many as coverage can describe: ten years. */
const maxDays = 3_660;

export const presets = {
  '30 days': ({ last_date: to }: Meter) => ({ from: addDays(to, -29), to }),
  '90 days': ({ last_date: to }: Meter) => ({ from: addDays(to, -89), to }),
  'Last month': ({ last_date: last }: Meter) => lastWholeMonth(last),
  Year: ({ last_date: to }: Meter) => ({ from: addDays(to, -364), to }),
  All: ({ first_date: from, last_date: to }: Meter) => ({ from, to }),
} as const;

/** The range of a preset, without days before the first that is stored. */
export function presetRange(name: keyof typeof presets, meter: Meter): DateRange {
  const { from, to } = presets[name](meter);
  const start = laterOf(from, meter.first_date);
  return start <= to ? { from: start, to } : { from: meter.first_date, to: meter.last_date };
}

/** Of two dates. */
function laterOf(a: string, b: string): string {
  return a.localeCompare(b) > 0 ? a : b;
}

/** The latest calendar month that ends on or before a day. */
function lastWholeMonth(last: string): DateRange {
  const to = last === monthEnd(last) ? last : addDays(monthStart(last), -1);
  return { from: monthStart(to), to };
}

function monthStart(date: string): string {
  return `${date.slice(0, 7)}-01`;
}

export function monthEnd(date: string): string {
  return `${date.slice(0, 7)}-${daysOfMonth(date)}`;
}

/** The range of the same length before (-1) or after (1); whole calendar months give whole calendar months. */
export function stepRange(range: DateRange, direction: -1 | 1): DateRange {
  const months = wholeMonths(range);
  if (months > 0) {
    const from = addMonths(range.from, direction * months);
    return { from, to: monthEnd(addMonths(from, months - 1)) };
  }
  const days = direction * dayCount(range);
  return { from: addDays(range.from, days), to: addDays(range.to, days) };
}

/** How many calendar months a range is made of; 0 when it begins or ends within one. */
function wholeMonths({ from, to }: DateRange): number {
  if (from !== monthStart(from) || to !== monthEnd(to)) return 0;
  return monthNumber(to) - monthNumber(from) + 1;
}

function monthNumber(date: string): number {
  return Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1;
}

/** The first day of the month that is the given number of months later. */
function addMonths(date: string, count: number): string {
  const number = monthNumber(date) + count;
  return `${Math.floor(number / 12)}-${String((number % 12) + 1).padStart(2, '0')}-01`;
}

/** The same days a year before; February 29 becomes 28, and the last day of a month stays the last day. */
export function yearBefore(range: DateRange): DateRange {
  if (wholeMonths(range) > 0) {
    return { from: addMonths(range.from, -12), to: monthEnd(addMonths(range.to, -12)) };
  }
  return { from: sameDayYearBefore(range.from), to: sameDayYearBefore(range.to) };
}

function sameDayYearBefore(date: string): string {
  const month = `${Number(date.slice(0, 4)) - 1}${date.slice(4, 7)}`;
  const day = Math.min(Number(date.slice(8)), daysOfMonth(`${month}-01`));
  return `${month}-${String(day).padStart(2, '0')}`;
}

/** What a selection is compared with, as the URL names it: `previous`, `year`, or another meter's ESIID. */
export function comparedSelection({ esiid, ...range }: Selection, compare: string): Selection {
  switch (compare) {
    case 'previous':
      return { esiid, ...stepRange(range, -1) };
    case 'year':
      return { esiid, ...yearBefore(range) };
    default:
      return { esiid: compare, ...range };
  }
}

/** @returns what is wrong with a typed selection, null if it is valid */
export function selectionProblem({ esiid, from, to }: Selection): string | null {
  if (!isEsiid(esiid)) return 'An ESIID has 17 or 22 digits.';
  if (from === '' || to === '') return 'Choose the first and the last day.';
  if (from > to) return 'The first day is after the last.';
  return dayCount({ from, to }) > maxDays ? `Choose ${maxDays} days (ten years) at most.` : null;
}

export function isEsiid(text: string): boolean {
  return /^(\d{17}|\d{22})$/.test(text);
}
