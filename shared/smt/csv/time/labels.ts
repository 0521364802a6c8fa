import { addDays, clockDay, instantsOfWall, minutesPerDay } from '../../../intervals/clock.ts';
import { type DateOrders, dateBy, smtDateOrders, writtenDate } from './written-date.ts';

/** A zone suffix as files write it; its offset in minutes. */
const zoneOffsetMinutes: Readonly<Record<string, number>> = { CDT: -300, CST: -360, Z: 0, UTC: 0, GMT: 0 };
/** Maximum UTC offset of any place. */
const maxOffsetMinutes = 14 * 60;

/** A time of day as a file labels it. */
export interface TimeLabel {
  /** Minutes after 00:00; 1440 for `24:00`, and for `23:59:59`. */
  readonly minutes: number;
  /** Offset from UTC in minutes, when the label names one; null: local wall clock. */
  readonly offsetMinutes: number | null;
  /** Whether the offset is written as CDT or CST, and so has to match the season. */
  readonly isCentral: boolean;
  /** Whether it names the last second of an interval (`00:14:59`), as only an end does. */
  readonly isLastSecond: boolean;
}

/** A label with its date, if it has one. */
export interface Label extends TimeLabel {
  /** `YYYY-MM-DD`. */
  readonly date: string | null;
}

const timeOfDay =
  /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?(?:\s*([AaPp])\.?[Mm]\.?)?(?:\s*(CDT|CST|UTC|GMT|Z|[+-]\d{2}(?::?\d{2})?))?$/i;

/** Minutes of a zone suffix; undefined if there is no such offset. */
function parseOffset(zone: string): number | undefined {
  const named = zoneOffsetMinutes[zone.toUpperCase()];
  if (named !== undefined) return named;
  const [hours, minutes] = [Number(zone.slice(1, 3)), zone.length > 3 ? Number(zone.slice(-2)) : 0];
  const offset = hours * 60 + minutes;
  // Time zones in Texas have no other; `06:00-06:15` is a range, not an offset.
  if (minutes !== 0 || offset > maxOffsetMinutes) return undefined;
  return zone.startsWith('-') ? -offset : offset;
}

/**
 * Reads a time of day: `00:15`, `0:15`, `00:15:00`, `12:15 AM`, `24:00`, `01:15 CDT`, `00:14:59`.
 * @returns null unless it is one, to the full minute or its last second
 */
export function parseTime(text: string): TimeLabel | null {
  const match = timeOfDay.exec(text);
  if (!match) return null;
  const [, hourText, minuteText, secondText = '00', half, zone] = match;
  let hour = Number(hourText);
  const minute = Number(minuteText);
  const isLastSecond = secondText === '59';
  if ((Number(secondText) !== 0 && !isLastSecond) || minute > 59) return null;
  if (half) {
    if (hour < 1 || hour > 12) return null;
    hour = (hour % 12) + (half.toUpperCase() === 'P' ? 12 : 0);
  }
  const minutes = hour * 60 + minute + (isLastSecond ? 1 : 0);
  const offsetMinutes = zone ? parseOffset(zone) : null;
  if (minutes > minutesPerDay || offsetMinutes === undefined) return null;
  return { minutes, offsetMinutes, isCentral: /^C/i.test(zone ?? ''), isLastSecond };
}

/** Reads a time without a date. A numeric offset requires a date: `05:00-06:00` is a range, not a time six hours behind UTC. */
export function parseTimeAlone(text: string): TimeLabel | null {
  return /[+-]\d[\d:]*$/.test(text) ? null : parseTime(text);
}

/**
 * Reads a time with or without its date: `06:15`, `5/14/2025 6:15`, `2025-05-14T06:15:00-05:00`. Midnight at a day's end
 * is the next day's first.
 * @param orders how the file writes its dates
 */
export function parseLabel(text: string, orders: DateOrders = smtDateOrders): Label | null {
  const timeOnly = parseTimeAlone(text);
  if (timeOnly) return { ...timeOnly, date: null };
  const written = writtenDate(text);
  const date = written && dateBy(written, orders);
  // Excel's number of a midnight has no fraction.
  const timeText = written?.shape === 'serial' && written.rest === '' ? '00:00' : written?.rest;
  const time = date && timeText && parseTime(timeText.replace(/^[T\s,]+/i, ''));
  if (!time) return null;
  return time.minutes === minutesPerDay ? { ...time, date: addDays(date, 1), minutes: 0 } : { ...time, date };
}

/** Reads a civil date; Excel may have added a midnight to it. */
export function parseDate(text: string, orders: DateOrders = smtDateOrders): string | null {
  const written = writtenDate(text);
  const date = written && dateBy(written, orders);
  if (!date) return null;
  const rest = written.rest.replace(/^[T\s,]+/i, '');
  return rest === '' || parseTime(rest)?.minutes === 0 ? date : null;
}

const zonedInstant = /(?:Z|[+-]\d{2}(?::?\d{2})?)$/i;
const wallTime = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(?:\s*([AaPp])\.?[Mm]\.?)?$/i;
/** Maximum length of a stamp. */
const maxStampLength = 40;

/**
 * Reads a REVISION_DATE (`03/02/2022 06:18:33`, `5/14/2025 6:22`, a bare date): a wall clock in America/Chicago, unless
 * it names its offset. In the hour that fall back repeats the earlier instant is taken, and the hour that spring forward
 * skips is read as the one after it: the stamp only orders revisions.
 * @returns the ISO instant, to the microsecond where the stamp goes beyond milliseconds (Postgres keeps no more); null
 *   if it cannot be read
 */
export function parseRevision(text: string, orders: DateOrders = smtDateOrders): string | null {
  if (text.length > maxStampLength) return null;
  const written = writtenDate(text);
  const date = written && dateBy(written, orders);
  if (!date) return null;
  const rest = written.rest.replace(/^[T\s,]+/i, '');
  const [zone] = rest.includes(':') ? (zonedInstant.exec(rest) ?? []) : [];
  const time = zone ? rest.slice(0, -zone.length).trim() : rest;
  const match = wallTime.exec(time);
  if (!match && time !== '') return null;
  const [, hourText = '0', minuteText = '0', secondText = '0', fraction = '', half] = match ?? [];
  let hour = Number(hourText);
  if (half && (hour < 1 || hour > 12)) return null;
  if (half) hour = (hour % 12) + (half.toUpperCase() === 'P' ? 12 : 0);
  if (hour > 23 || Number(minuteText) > 59 || Number(secondText) > 59) return null;
  const wallMs =
    Date.parse(`${date}T00:00:00Z`) + ((hour * 60 + Number(minuteText)) * 60 + Number(secondText)) * 1000;
  const offsetMinutes = zone ? parseOffset(zone) : null;
  if (offsetMinutes === undefined) return null;
  const instantMs = offsetMinutes === null ? centralInstant(date, wallMs) : wallMs - offsetMinutes * 60_000;
  const microseconds = fraction.slice(0, 6).padEnd(6, '0').replace(/000$/, '');
  return new Date(instantMs).toISOString().replace('000Z', `${microseconds}Z`);
}

function centralInstant(date: string, wallMs: number): number {
  const day = clockDay(date);
  if (day.slotsOfQuarter === null) return day.startMs + wallMs - Date.parse(`${date}T00:00:00Z`);
  const [instantMs] = instantsOfWall(wallMs);
  return instantMs ?? instantsOfWall(wallMs + 3_600_000)[0] ?? wallMs;
}
