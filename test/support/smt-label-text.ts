/** How files write dates and times down. */
export const minutesPerDay = 1440;
const two = (value: number): string => String(value).padStart(2, '0');

/** `00:15`, or `0:15`; 24:00 is written 00:00. */
export function clockText(minutes: number, pad = true): string {
  const hour = Math.floor(minutes / 60) % 24;
  return `${pad ? two(hour) : hour}:${two(minutes % 60)}`;
}

/** `12:15 AM` */
export function amPm(minutes: number): string {
  const hour = Math.floor(minutes / 60) % 24;
  return `${hour % 12 || 12}:${two(minutes % 60)} ${hour < 12 ? 'AM' : 'PM'}`;
}

/** `03/01/2022`, or `3/1/2022` */
export function usDate(date: string, pad = true): string {
  const [year = '', month = '', day = ''] = date.split('-');
  return pad ? `${month}/${day}/${year}` : `${Number(month)}/${Number(day)}/${year}`;
}

/** `2022-03-01T00:15:00-06:00` */
export function isoWithOffset(ms: number, zone: string): string {
  const hours = zone === 'CDT' ? 5 : 6;
  return `${new Date(ms - hours * 3_600_000).toISOString().slice(0, 19)}-0${hours}:00`;
}
