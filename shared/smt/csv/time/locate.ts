import {
  addDays,
  type ClockDay,
  clockDay,
  minutesPerDay,
  slotMs,
  slotOfInstant,
} from '../../../intervals/clock.ts';
import type { Label } from './labels.ts';

const slotMinutes = 15;
/** `23:59` for the end of a day. */
const lastMinute = minutesPerDay - 1;

/** Where a row's labels point: slots of a day (two in the repeated hour), the hour that does not exist, or nowhere. */
export type Place =
  | { readonly kind: 'slots'; readonly day: ClockDay; readonly slots: readonly number[] }
  | { readonly kind: 'nonexistent' }
  | { readonly kind: 'invalid' };

const invalid: Place = { kind: 'invalid' };

/**
 * Slot of an ordinary row: labels without a date or offset, on a day without a clock change. Fast path for
 * nearly all rows.
 * @returns -1 for a row that needs {@link locate}
 */
export function ordinarySlot(day: ClockDay, start: Label, end: Label | null): number {
  const isPlain = !start.date && start.offsetMinutes === null && !start.isLastSecond;
  if (day.slotsOfQuarter || !isPlain || start.minutes >= minutesPerDay) return -1;
  if (end && (end.date || lengthMinutes(start.minutes, end.minutes) !== slotMinutes)) return -1;
  const quarter = start.minutes / slotMinutes;
  return Number.isInteger(quarter) ? quarter : -1;
}

/**
 * Turns a row's labels into slots.
 * @param date the date column's value, null if there is none
 * @param start label of the interval's start
 * @param end label of its end; null when the file has no such column
 */
export function locate(date: string | null, start: Label, end: Label | null): Place {
  if (start.isLastSecond) return invalid;
  if (end?.minutes === lastMinute && start.minutes === minutesPerDay - slotMinutes)
    return locate(date, start, { ...end, minutes: minutesPerDay });
  if (start.date && date && start.date !== date) return invalid;
  const startDate = start.date ?? date;
  if (!startDate || start.minutes >= minutesPerDay) return invalid;
  if (start.offsetMinutes !== null) return locateInstant(startDate, start, start.offsetMinutes, end);
  const quarter = start.minutes / slotMinutes;
  if (!Number.isInteger(quarter)) return invalid;
  const day = clockDay(startDate);
  if (end?.date && !endDateFits(startDate, end)) return invalid;
  if (!day.slotsOfQuarter) {
    const fits = !end || lengthMinutes(start.minutes, end.minutes) === slotMinutes;
    return fits ? { kind: 'slots', day, slots: [quarter] } : invalid;
  }
  return locateOnClockChange(
    day,
    day.slotsOfQuarter,
    quarter,
    end && (end.minutes % minutesPerDay) / slotMinutes,
  );
}

/** Distance between a row's labels; a whole day if they are equal. */
export function rowLengthMinutes(start: Label, end: Label): number {
  if (!start.date || !end.date) return lengthMinutes(start.minutes, end.minutes) || minutesPerDay;
  return (wallMsOf(end.date, end) - wallMsOf(start.date, start)) / 60_000;
}

function lengthMinutes(start: number, end: number): number {
  return (end - start + minutesPerDay) % minutesPerDay;
}

/** The midnight that ends a day has the next day's date or, from some tools, the day's own. */
function endDateFits(startDate: string, end: Label): boolean {
  return end.date === startDate || (end.minutes === 0 && end.date === addDays(startDate, 1));
}

/** A label with an offset names an instant; CDT or CST must match the season. */
function locateInstant(date: string, start: Label, offsetMinutes: number, end: Label | null): Place {
  const instantMs = instantOf(date, start, offsetMinutes);
  if (start.isCentral && !showsOnClock(date, start, offsetMinutes)) return invalid;
  if (end && !isQuarterHourLater(instantMs, date, start, end)) return invalid;
  const { day, slot } = slotOfInstant(instantMs);
  return Number.isInteger(slot) ? { kind: 'slots', day, slots: [slot] } : invalid;
}

function wallMsOf(date: string, label: Label): number {
  return Date.parse(`${date}T00:00:00Z`) + label.minutes * 60_000;
}

function instantOf(date: string, label: Label, offsetMinutes: number): number {
  return wallMsOf(date, label) - offsetMinutes * 60_000;
}

/** Whether the clock in Texas shows the label's date and time at the instant it names. */
function showsOnClock(date: string, label: Label, offsetMinutes: number): boolean {
  const { day, slot } = slotOfInstant(instantOf(date, label, offsetMinutes));
  const quarter = label.minutes / slotMinutes;
  return day.date === date && (day.slotsOfQuarter?.[quarter]?.includes(slot) ?? quarter === slot);
}

/** By instant if the end's label has an offset, else by the minutes only, since a clock change moves only the hour. */
function isQuarterHourLater(startInstantMs: number, date: string, start: Label, end: Label): boolean {
  if (end.date && end.offsetMinutes !== null)
    return instantOf(end.date, end, end.offsetMinutes) - startInstantMs === slotMs;
  if (end.date && !endDateFits(start.date ?? date, end)) return false;
  return lengthMinutes(start.minutes, end.minutes) % 60 === slotMinutes;
}

/**
 * On a clock-change day the end label may be off by the hour of the change. As delivered, the repeated hour begins
 * with `02:00,01:15`: the start label is wrong, the end label right. Tools that convert from UTC write `01:45,01:00`
 * before it, and `01:45,03:00` before the skipped hour.
 */
function locateOnClockChange(
  day: ClockDay,
  slotsOfQuarter: readonly (readonly number[])[],
  quarter: number,
  end: number | null,
): Place {
  const slots = slotsOfQuarter[quarter] ?? [];
  const repeated = slotsOfQuarter.flatMap((candidates, at) => (candidates.length === 2 ? [at] : []));
  const skipped = slotsOfQuarter.flatMap((candidates, at) => (candidates.length === 0 ? [at] : []));
  const first = repeated[0] ?? skipped[0] ?? 0;
  const last = repeated.at(-1) ?? skipped.at(-1) ?? 0;
  const isRegular = end === null || end === (quarter + 1) % 96;
  if (isRegular) return slots.length === 0 ? { kind: 'nonexistent' } : { kind: 'slots', day, slots };
  if (repeated.length > 0 && quarter === last + 1 && end === first + 1) {
    return { kind: 'slots', day, slots: (slotsOfQuarter[first] ?? []).slice(1) };
  }
  if (repeated.length > 0 && quarter === last && end === first) {
    return { kind: 'slots', day, slots: slots.slice(0, 1) };
  }
  if (skipped.length > 0 && quarter === first - 1 && end === last + 1) return { kind: 'slots', day, slots };
  return invalid;
}

/**
 * The label of the start of the interval that a true end label ends.
 * @param date the date column's value, null if there is none
 */
export function startOfEnd(date: string | null, end: Label): Label {
  const isMidnight = end.minutes === 0;
  const minutes = (isMidnight ? minutesPerDay : end.minutes) - slotMinutes;
  const start = { ...end, minutes, date: isMidnight && end.date ? addDays(end.date, -1) : end.date };
  const endDate = end.date ?? (date && isMidnight ? addDays(date, 1) : date);
  // `02:00 CDT` and `01:00 CST` both end the first pass through the repeated hour, which starts under CDT.
  const isVerified =
    end.isCentral && end.offsetMinutes !== null && endDate && showsOnClock(endDate, end, end.offsetMinutes);
  return isVerified ? { ...start, isCentral: false } : start;
}
