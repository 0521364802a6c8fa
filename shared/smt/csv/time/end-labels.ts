import { addDays, type ClockDay, clockDay, minutesPerDay } from '../../../intervals/clock.ts';
import type { LabelConvention } from './label-convention.ts';
import type { Label } from './labels.ts';
import { startOfEnd } from './locate.ts';

const slotMinutes = 15;
/** `23:59` for the end of a day. */
const lastMinute = minutesPerDay - 1;

/**
 * An end with the date that a calendar shows at it.
 * @param date the date column's value, null if there is none
 * @returns null if it has no date at all
 */
export function datedEnd(convention: LabelConvention, date: string | null, label: Label): Label | null {
  const shown = label.date ?? date;
  if (shown === null) return null;
  const isMidnightOfDay = label.minutes >= lastMinute || (label.minutes === 0 && convention === 'ends');
  return isMidnightOfDay ? { ...label, date: addDays(shown, 1), minutes: 0 } : { ...label, date: shown };
}

/** The date of the interval that an end with its own date ends. */
export function usageDateOfEnd({ date, minutes }: Label): string {
  return minutes === 0 ? addDays(date ?? '', -1) : (date ?? '');
}

function isDescending(minutes: readonly number[]): boolean {
  const steps = minutes.map((value, i) => Math.sign(value - (minutes[i - 1] ?? value)));
  return steps.reduce((sum, step) => sum + step, 0) < 0;
}

/** Between two midnights labels rise, except for one step back: the hour that fall back repeats. */
function isInOrder(minutes: readonly number[]): boolean {
  let stepsBack = 0;
  for (let i = 1; i < minutes.length; i++) {
    const previous = minutes[i - 1] ?? 0;
    const value = minutes[i] ?? 0;
    if (value === 0 || previous === 0) stepsBack = 0;
    else if (value < previous && ++stepsBack > 1) return false;
  }
  return true;
}

/**
 * The start labels of a day's true ends. On a clock-change day tools that convert from UTC end the last interval before
 * the change with the clock's new time: 03:00 for 02:00 in spring, a second 01:00 for the first 02:00 in autumn.
 * @param date the day they end
 * @param ends all ends of one meter-day, in file order
 * @returns null for an end that only the order can resolve, if the day is not in order
 */
export function startsOfEnds(date: string, ends: readonly Label[]): (Label | null)[] {
  const starts = ends.map((end) => startOfEnd(date, end));
  const change = changeOf(clockDay(date));
  if (!change) return starts;
  const isUsual = change.hourIsRepeated ? usualByOrder(change, ends) : usualByAbsence(change, ends);
  return starts.map((start, at) => {
    if (ends[at]?.offsetMinutes !== null || ends[at]?.minutes !== change.shownEnd) return start;
    if (isUsual[at] === null) return null;
    return isUsual[at] ? start : { ...start, minutes: change.usualEnd - slotMinutes };
  });
}

/** 03:00 is the usual end of a skipped 02:45 unless the day has no 02:00. */
function usualByAbsence({ usualEnd }: ClockChange, ends: readonly Label[]): boolean[] {
  const hasUsualEnd = ends.some(({ minutes }) => minutes === usualEnd);
  return ends.map(() => hasUsualEnd);
}

/** 01:00 is the usual end of 00:45 directly after the label before it, and the end of 01:45 directly after 01:45. */
function usualByOrder({ shownEnd, usualEnd }: ClockChange, ends: readonly Label[]): (boolean | null)[] {
  const result = ends.map((): boolean | null => null);
  const order = ends.map((_, at) => at);
  if (isDescending(ends.map((end) => end.minutes || minutesPerDay))) order.reverse();
  const minutes = order.map((at) => ends[at]?.minutes ?? 0);
  if (!isInOrder(minutes)) return result;
  order.forEach((at, i) => {
    const previous = minutes[i - 1] ?? 0;
    if (previous === shownEnd) result[at] = result[order[i - 1] ?? at] ?? null;
    else if (previous > 0 && previous < usualEnd) result[at] = previous < shownEnd;
  });
  return result;
}

/** Labels of the end of the last interval before a clock change: from rows that continue counting, and from a clock. */
interface ClockChange {
  readonly usualEnd: number;
  readonly shownEnd: number;
  readonly hourIsRepeated: boolean;
}

function changeOf({ slotsOfQuarter }: ClockDay): ClockChange | null {
  if (!slotsOfQuarter) return null;
  const changed = slotsOfQuarter.flatMap((slots, quarter) => (slots.length === 1 ? [] : [quarter]));
  const begin = (changed[0] ?? 0) * slotMinutes;
  const end = begin + changed.length * slotMinutes;
  const hourIsRepeated = slotsOfQuarter[changed[0] ?? 0]?.length === 2;
  return hourIsRepeated
    ? { usualEnd: end, shownEnd: begin, hourIsRepeated }
    : { usualEnd: begin, shownEnd: end, hourIsRepeated };
}
