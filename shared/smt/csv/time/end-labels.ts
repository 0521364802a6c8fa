import { type ClockDay, clockDay, minutesPerDay } from '../../../intervals/clock.ts';
import { type Label, startOfEnd } from './locate.ts';

/**
 * How a file without start labels labels its ends: truly, beside the usage date or beside the date of the end itself, or
 * with starts under the wrong name.
 */
export type EndConvention = 'ends' | 'datedEnds' | 'starts';

const slotMinutes = 15;

/**
 * Tells by the labels of a day whether an "interval end" column holds true ends (00:15 … 00:00) or starts under the
 * wrong name (00:00 … 23:45).
 * @param labels in file order: of one meter-day when dates stand in a column of their own, otherwise of one meter
 * @returns null when nothing tells
 */
export function endConventionOf(labels: readonly Label[]): EndConvention | null {
  return labels[0]?.date ? byExtent(labels) : byMidnight(labels);
}

/** With a date column the day's midnight stands last among ends and first among starts. */
function byMidnight(labels: readonly Label[]): EndConvention | null {
  const minutes = labels.map((label) => label.minutes % minutesPerDay);
  if (isDescending(minutes.filter((value) => value !== 0))) minutes.reverse();
  const startsWithMidnight = minutes[0] === 0;
  if (minutes.length < 2 || startsWithMidnight === (minutes.at(-1) === 0) || !isInOrder(minutes)) return null;
  return startsWithMidnight ? 'starts' : 'ends';
}

function isDescending(minutes: readonly number[]): boolean {
  const steps = minutes.map((value, i) => Math.sign(value - (minutes[i - 1] ?? value)));
  return steps.reduce((sum, step) => sum + step, 0) < 0;
}

/** Between two midnights labels rise, but for one step back: the hour that fall back repeats. */
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

/** With dated labels only the first and the last of whole days tell. */
function byExtent(labels: readonly Label[]): EndConvention | null {
  const extent = new Extent();
  for (const label of labels) extent.add(label.date ?? '', label.minutes);
  if (extent.isOfEnds) return 'ends';
  return extent.first === 0 && extent.last === minutesPerDay - slotMinutes ? 'starts' : null;
}

/** The first and the last label of a meter, by date and time as they are written. */
export class Extent {
  /** Minutes after 00:00. */
  first = 0;
  last = 0;
  private firstDate = '';
  private lastDate = '';

  add(date: string, minutes: number): void {
    const isFirst = this.firstDate === '';
    if (isFirst || date < this.firstDate || (date === this.firstDate && minutes < this.first)) {
      this.firstDate = date;
      this.first = minutes;
    }
    if (isFirst || date > this.lastDate || (date === this.lastDate && minutes > this.last)) {
      this.lastDate = date;
      this.last = minutes;
    }
  }

  /** Whole days of ends: 00:15 of the first date to 00:00 of the last. */
  get isOfEnds(): boolean {
    return this.first === slotMinutes && this.last === 0;
  }

  /**
   * Ends beside their own date look like starts, 00:00 … 23:45, on every day but the first, which has no 00:00, and the last,
   * which has nothing else. Both edges prove them; one alone fits either, so that nothing tells.
   * @param isOver whether the meter's last label is known
   */
  confirm(convention: EndConvention | null, isOver: boolean): EndConvention | null {
    if (convention !== 'starts') return convention;
    if (isOver && this.isOfEnds) return 'datedEnds';
    return this.first === slotMinutes || (isOver && this.last === 0) ? null : 'starts';
  }
}

/**
 * The start labels of a day's true ends. On a clock-change day tools that convert from UTC end the last interval before
 * the change with the clock's new time: 03:00 for 02:00 in spring, a second 01:00 for the first 02:00 in autumn.
 * @param date the day they end
 * @param ends all ends of one meter-day, in file order
 * @returns null for an end that only the order tells, where the day is in no order
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

/** 01:00 is the usual end of 00:45 right after what comes before it, and the end of 01:45 right after 01:45. */
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

/** How the end of the last interval before a clock change is labeled, by rows that go on counting and by a clock. */
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
