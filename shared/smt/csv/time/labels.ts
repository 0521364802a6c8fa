import { clockDay, instantsOfWall, minutesPerDay } from '../../../intervals/clock.ts';

/** A zone suffix as files write it; the offset in minutes it stands for. */
const zoneOffsetMinutes: Readonly<Record<string, number>> = { CDT: -300, CST: -360, Z: 0, UTC: 0, GMT: 0 };

/** A time of day as a file labels it. */
export interface TimeLabel {
  /** Minutes after 00:00; 1440 for `24:00`. */
  readonly minutes: number;
  /** Offset from UTC in minutes, when the label names one; null: local wall clock. */
  readonly offsetMinutes: number | null;
  /** Whether the offset was named CDT or CST, and so has to fit the season. */
  readonly isCentral: boolean;
}

/** A date and time as a file labels it. */
export interface DateTimeLabel extends TimeLabel {
  /** `YYYY-MM-DD`, as written. */
  readonly date: string;
}

const usDate = /^(\d{1,2})[/-](\d{1,2})[/-](\d{4})$/;
const isoDate = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})$/;
const timeOfDay =
  /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?(?:\s*([AaPp])\.?[Mm]\.?)?(?:\s*(CDT|CST|UTC|GMT|Z|[+-]\d{2}:?\d{2}))?$/i;

/**
 * Reads a civil date: `03/01/2022`, `5/14/2025` (month first, as SMT writes), `2022-03-01`.
 * @returns `YYYY-MM-DD`; null if it is no such date (two-digit years included: never guessed)
 */
export function parseDate(text: string): string | null {
  const us = usDate.exec(text);
  const iso = us ? null : isoDate.exec(text);
  const [year, month, day] = us ? [us[3], us[1], us[2]] : iso ? [iso[1], iso[2], iso[3]] : [];
  if (!year || !month || !day || year < '1990' || year > '2199') return null;
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const ms = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date) ? date : null;
}

function parseOffset(zone: string | undefined): number | null {
  if (!zone) return null;
  const named = zoneOffsetMinutes[zone.toUpperCase()];
  if (named !== undefined) return named;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return zone.startsWith('-') ? -minutes : minutes;
}

/**
 * Reads a time of day: `00:15`, `0:15`, `00:15:00`, `12:15 AM`, `24:00`, `01:15 CDT`.
 * @returns null unless it is one, to the full minute
 */
export function parseTime(text: string): TimeLabel | null {
  const match = timeOfDay.exec(text);
  if (!match) return null;
  const [, hourText, minuteText, secondText, half, zone] = match;
  let hour = Number(hourText);
  const minute = Number(minuteText);
  if (Number(secondText ?? 0) !== 0 || minute > 59) return null;
  if (half) {
    if (hour < 1 || hour > 12) return null;
    hour = (hour % 12) + (half.toUpperCase() === 'P' ? 12 : 0);
  }
  const minutes = hour * 60 + minute;
  if (minutes > minutesPerDay) return null;
  return { minutes, offsetMinutes: parseOffset(zone), isCentral: /^C/i.test(zone ?? '') };
}

/** Reads a date and a time in one cell: `5/14/2025 6:15`, `2025-05-14T06:15:00-05:00`, `05/14/2025 06:15 AM`. */
export function parseDateTime(text: string): DateTimeLabel | null {
  const gap = text.search(/[T\s]/i);
  if (gap < 0) return null;
  const date = parseDate(text.slice(0, gap));
  const time = date && parseTime(text.slice(gap + 1).trim());
  return time ? { date, ...time } : null;
}

const zonedInstant = /(?:Z|[+-]\d{2}:?\d{2})$/i;
const wallStamp = /^(\S+?)(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(?:\s*([AaPp])\.?[Mm]\.?)?)?$/i;
/** No stamp is longer; the pattern above takes time that grows with the square of the text's length. */
const maxStampLength = 40;

/**
 * Reads a REVISION_DATE (`03/02/2022 06:18:33`, `5/14/2025 6:22`, a bare date): a wall clock in America/Chicago, unless
 * it names its offset. In the hour that fall back repeats the earlier instant is taken, and the hour that spring forward
 * skips is read as the one after it: the stamp orders revisions and means nothing else.
 * @returns the ISO instant, to the microsecond where the stamp goes beyond milliseconds (Postgres keeps no more); null
 *   if it cannot be read
 */
export function parseRevision(text: string): string | null {
  if (text.length > maxStampLength) return null;
  const [zone] = zonedInstant.exec(text) ?? [];
  const isZoned = zone !== undefined && text.includes(':');
  const match = wallStamp.exec(isZoned ? text.slice(0, -zone.length).trim() : text);
  const date = match?.[1] && parseDate(match[1]);
  if (!match || !date) return null;
  const [, , hourText = '0', minuteText = '0', secondText = '0', fraction = '', half] = match;
  let hour = Number(hourText);
  if (half && (hour < 1 || hour > 12)) return null;
  if (half) hour = (hour % 12) + (half.toUpperCase() === 'P' ? 12 : 0);
  if (hour > 23 || Number(minuteText) > 59 || Number(secondText) > 59) return null;
  const wallMs =
    Date.parse(`${date}T00:00:00Z`) + ((hour * 60 + Number(minuteText)) * 60 + Number(secondText)) * 1000;
  const offsetMinutes = isZoned ? parseOffset(zone) : null;
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
