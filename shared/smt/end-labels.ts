import { type ClockDay, clockDay, minutesPerDay } from './clock.ts';
import { type Label, startOfEnd } from './locate.ts';

/** How a file without start labels labels its ends: truly, or with starts under the wrong name. */
export type EndConvention = 'ends' | 'starts';

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
  let [first] = labels;
  let last = first;
  for (const label of labels) {
    if (first && stamp(label) < stamp(first)) first = label;
    if (last && stamp(label) > stamp(last)) last = label;
  }
  if (first?.minutes === slotMinutes && last?.minutes === 0) return 'ends';
  if (first?.minutes === 0 && last?.minutes === minutesPerDay - slotMinutes) return 'starts';
  return null;
}

function stamp(label: Label): string {
  return `${label.date}${String(label.minutes).padStart(4, '0')}`;
}

/**
 * The start labels of a day's true ends. On a clock-change day tools that convert from UTC end the last interval before
 * the change with the clock's new time: 03:00 for 02:00 in spring, a first 01:00 for 02:00 in autumn.
 * @param date the day they end
 * @param ends all ends of one meter-day, in file order
 * @returns null for an end that only the order tells, where the day is in no order
 */
export function startsOfEnds(date: string, ends: readonly Label[]): (Label | null)[] {
  const starts = ends.map((end) => startOfEnd(date, end));
  const change = changeOf(clockDay(date));
  if (!change) return starts;
  const shown = ends.flatMap((end, at) =>
    end.offsetMinutes === null && end.minutes === change.shownEnd ? [at] : [],
  );
  const usual = ends.filter(({ minutes }) => minutes === change.usualEnd).length;
  if (usual >= change.passes || shown.length !== change.passes) return starts;
  const minutes = ends.map((end) => end.minutes || minutesPerDay);
  const isReversed = isDescending(minutes);
  if (change.passes === 2 && !isInOrder(isReversed ? minutes.toReversed() : minutes))
    return starts.map((start, at) => (shown.includes(at) ? null : start));
  const beforeChange = isReversed ? shown[0] : shown.at(-1);
  return starts.map((start, at) =>
    at === beforeChange ? { ...start, minutes: change.usualEnd - slotMinutes } : start,
  );
}

/** How the end of the last interval before a clock change is labeled, and how often a day has each of the two labels. */
interface ClockChange {
  readonly usualEnd: number;
  readonly shownEnd: number;
  readonly passes: 1 | 2;
}

function changeOf({ slotsOfQuarter }: ClockDay): ClockChange | null {
  if (!slotsOfQuarter) return null;
  const skipped = slotsOfQuarter.flatMap((slots, quarter) => (slots.length === 0 ? [quarter] : []));
  const repeated = slotsOfQuarter.flatMap((slots, quarter) => (slots.length === 2 ? [quarter] : []));
  const [first = 0] = skipped.length > 0 ? skipped : repeated;
  const last = (skipped.at(-1) ?? repeated.at(-1) ?? 0) + 1;
  return skipped.length > 0
    ? { usualEnd: first * slotMinutes, shownEnd: last * slotMinutes, passes: 1 }
    : { usualEnd: last * slotMinutes, shownEnd: first * slotMinutes, passes: 2 };
}
