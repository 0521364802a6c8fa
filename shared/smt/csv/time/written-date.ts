/** How the numbers of a date are ordered, or what Excel's day number counts from. */
export type DateOrder = 'month-first' | 'day-first' | 'year-first' | 'excel-1900' | 'excel-1904';

/**
 * Date formats that are ambiguous by themselves and are resolved from all cells of a file: `05/04/2025`, `05/04/25`,
 * `45791`. A `plain` one (`2025-05-04`, `20250504`, `4-May-2025`) is unambiguous.
 */
export type DateShape = 'plain' | 'long' | 'short' | 'serial';

/** A date as a cell has it, before its order is known. */
export interface WrittenDate {
  readonly shape: DateShape;
  /** `YYYY-MM-DD` by each order under which it is a valid date; the same under any order if the shape is plain. */
  readonly dates: ReadonlyMap<DateOrder, string>;
  /** What follows the date in its cell, a time in most. */
  readonly rest: string;
}

/** How a file writes its dates; null if it has no such date, or it is ambiguous. */
export type DateOrders = Readonly<Record<Exclude<DateShape, 'plain'>, DateOrder | null>>;

/** SMT's own: `05/14/2025`. */
export const smtDateOrders: DateOrders = { long: 'month-first', short: null, serial: null };

const numericDate = /^(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})(?=$|[T\s,])/i;
const compactDate = /^(\d{4})(\d{2})(\d{2})(?=$|[T\s])/i;
const dayAndMonthName = /^(\d{1,2})[\s-]*([a-z]{3,9})[\s,.-]*(\d{4}|\d{2})(?=$|[T\s,])/i;
const monthNameAndDay = /^([a-z]{3,9})\.?[\s-]+(\d{1,2})(?:,\s*|[\s-]+)(\d{4})(?=$|[T\s,])/i;
const weekday = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]?\s+/i;
const serialNumber = /^(\d{5})(?:\.(\d+))?$/;
const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** Maximum length of a date with its time. */
const maxLength = 60;
const dayMs = 86_400_000;

/** Reads a date at the beginning of a cell; null if there is none in the years 1990 to 2199. */
export function writtenDate(text: string): WrittenDate | null {
  if (text.length > maxLength) return null;
  const first = text.charCodeAt(0);
  if (first < 0x30 || first > 0x39) return namedDate(text.replace(weekday, ''));
  return numbers(text) ?? namedDate(text);
}

function numbers(text: string): WrittenDate | null {
  const compact = compactDate.exec(text);
  if (compact) {
    const [found, year = '', month = '', day = ''] = compact;
    return plain(isoDate(year, month, day), text.slice(found.length));
  }
  const serial = serialNumber.exec(text);
  if (serial) return serialDate(serial[1] ?? '', serial[2]);
  const match = numericDate.exec(text);
  if (!match) return null;
  const [found, a = '', , b = '', c = ''] = match;
  const rest = text.slice(found.length);
  if (a.length === 4 && c.length <= 2) return plain(isoDate(a, b, c), rest);
  if (a.length > 2) return null;
  if (c.length === 4) {
    return open('long', rest, [
      ['month-first', isoDate(c, a, b)],
      ['day-first', isoDate(c, b, a)],
    ]);
  }
  if (c.length > 2) return null;
  return open('short', rest, [
    ['month-first', isoDate(century(c), a, b)],
    ['day-first', isoDate(century(c), b, a)],
    ['year-first', isoDate(century(a), b, c)],
  ]);
}

/** A year of two digits is one of this century: SMT began in 2009. */
function century(year: string): string {
  return `20${year.padStart(2, '0')}`;
}

/** Excel counts days from 1899-12-30, or from 1904-01-01 in workbooks that began on a Mac; a fraction is the time of day. */
function serialDate(days: string, fraction: string | undefined): WrittenDate | null {
  const dateFrom = (epochMs: number): string =>
    new Date(epochMs + Number(days) * dayMs).toISOString().slice(0, 10);
  return open('serial', fraction === undefined ? '' : ` ${timeOfFraction(fraction)}`, [
    ['excel-1900', inRange(dateFrom(Date.UTC(1899, 11, 30)))],
    ['excel-1904', inRange(dateFrom(Date.UTC(1904, 0, 1)))],
  ]);
}

function timeOfFraction(fraction: string): string {
  const seconds = Math.round(Number(`0.${fraction}`) * 86_400);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function inRange(date: string): string | null {
  return date >= '2000' && date < '2100' ? date : null;
}

function namedDate(text: string): WrittenDate | null {
  const dayFirst = dayAndMonthName.exec(text);
  const match = dayFirst ?? monthNameAndDay.exec(text);
  if (!match) return null;
  const [found, a = '', b = '', year = ''] = match;
  const [day, name] = dayFirst ? [a, b] : [b, a];
  const month = monthNames.indexOf(name.slice(0, 3).toLowerCase()) + 1;
  if (month === 0) return null;
  const date = isoDate(year.length === 2 ? century(year) : year, String(month), day);
  return plain(date, text.slice(found.length));
}

function plain(date: string | null, rest: string): WrittenDate | null {
  return date === null ? null : { shape: 'plain', dates: new Map([['year-first', date]]), rest };
}

function open(
  shape: DateShape,
  rest: string,
  readings: readonly (readonly [DateOrder, string | null])[],
): WrittenDate | null {
  const dates = new Map(readings.flatMap(([order, date]) => (date === null ? [] : [[order, date] as const])));
  return dates.size === 0 ? null : { shape, dates, rest };
}

function isoDate(year: string, month: string, day: string): string | null {
  if (year < '1990' || year > '2199') return null;
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const ms = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date) ? date : null;
}

/** `YYYY-MM-DD` by the orders of the file; null if it is not a valid date under them. */
export function dateBy({ shape, dates }: WrittenDate, orders: DateOrders): string | null {
  if (shape === 'plain') return dates.values().next().value ?? null;
  const order = orders[shape];
  return (order && dates.get(order)) ?? null;
}
