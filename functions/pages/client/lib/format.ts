/** Numbers, dates and times as displayed. Every clock has 24 hours, and every instant is in Texas time. */
const numbers = new Intl.NumberFormat('en-US');
const instants = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Chicago',
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'short',
});
const dates = dateFormat({ weekday: 'short', year: 'numeric', month: 'short', day: 'numeric' });
const shortDates = dateFormat({ year: 'numeric', month: 'short', day: 'numeric' });
const daysOfYear = dateFormat({ month: 'short', day: 'numeric' });
const months = dateFormat({ year: 'numeric', month: 'short' });
const longMonths = dateFormat({ year: 'numeric', month: 'long' });

/** In Sweden, dates are written as ISO has them. */
const localDays = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/Chicago' });

/** Formats calendar dates: they are UTC midnights only to have a time at all. */
function dateFormat(parts: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', ...parts });
}

function midnight(date: string): Date {
  return new Date(`${date}T00:00:00Z`);
}

export function formatCount(value: number): string {
  return numbers.format(value);
}

/** `1 row`, `2 rows`. */
export function plural(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** A decimal string with separators between thousands; no digit is changed. */
export function formatDecimal(text: string): string {
  const [whole = '', fraction] = text.split('.');
  const grouped = whole.replace(/\B(?=(?:\d{3}){1,6}$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

export function formatBytes(sizeBytes: number): string {
  if (sizeBytes < 1000) return plural(sizeBytes, 'byte');
  const units = ['kB', 'MB', 'GB'];
  let value = sizeBytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`;
}

/** An ISO instant as `Mar 9, 2025, 14:05:00 CDT`. */
export function formatInstant(iso: string): string {
  return instants.format(new Date(iso));
}

/** `2025-03-09` as `Sun, Mar 9, 2025`. */
export function formatDate(date: string): string {
  return dates.format(midnight(date));
}

/** `2025-03-09` as `Mar 9`. */
export function formatDayOfYear(date: string): string {
  return daysOfYear.format(midnight(date));
}

/** `2025-03` or a day of it as `Mar 2025`: with two digits the year would read as a day. */
export function formatMonth(month: string, style: 'short' | 'long' = 'short'): string {
  return (style === 'long' ? longMonths : months).format(midnight(`${month.slice(0, 7)}-01`));
}

/** Local time with its offset, as the API writes it, as `Sun, Mar 9, 2025, 14:00`. */
export function formatLocalTime(text: string): string {
  return `${formatDate(text.slice(0, 10))}, ${text.slice(11, 16)}`;
}

/** The day in Texas of an ISO instant, YYYY-MM-DD. */
export function localDay(iso: string): string {
  return localDays.format(new Date(iso));
}

/** The day in Texas of an ISO instant as `Mar 9, 2025`. */
export function formatLocalDay(iso: string): string {
  return shortDates.format(midnight(localDay(iso)));
}

/** How long ago, roughly; the day where that is more than a month. */
export function formatAge(iso: string, nowMs = Date.now()): string {
  const seconds = Math.max(0, (nowMs - Date.parse(iso)) / 1000);
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86_400);
  if (days > 30) return formatLocalDay(iso);
  return days === 1 ? 'yesterday' : `${days} days ago`;
}
