import type { Dice } from './dice.ts';
import { amPm, clockText, isoWithOffset, minutesPerDay, usDate } from './smt-label-text.ts';
import { addDays, clockAt, type Reading } from './smt-meter.ts';

/** A column as a tool writes it. */
export interface Column {
  readonly role:
    | 'esiid'
    | 'date'
    | 'start'
    | 'end'
    | 'label'
    | 'kwh'
    | 'flag'
    | 'channel'
    | 'revision'
    | 'meter'
    | 'other';
  readonly name: string;
  cell(reading: Reading): string;
}

/** How a tool writes dates and times. */
export interface Writer {
  readonly dateStyle: keyof typeof dateStyles;
  readonly timeStyle: keyof typeof timeStyles;
  date(date: string): string;
  time(minutes: number, zone: string): string;
  stamp(date: string, minutes: number, zone: string): string;
}

const part = (date: string, index: number): string => date.split('-')[index] ?? '';
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const monthName = (date: string): string => monthNames[Number(part(date, 1)) - 1] ?? '';
const dayMs = 86_400_000;
const daysSince = (date: string, epoch: string): string =>
  String((Date.parse(`${date}T00:00:00Z`) - Date.parse(`${epoch}T00:00:00Z`)) / dayMs);

export const dateStyles = {
  iso: (date: string) => date,
  'month/day/year': (date: string) => usDate(date),
  'month/day/year, not padded': (date: string) => usDate(date, false),
  'day/month/year': (date: string) => `${part(date, 2)}/${part(date, 1)}/${part(date, 0)}`,
  'day.month.year': (date: string) => `${part(date, 2)}.${part(date, 1)}.${part(date, 0)}`,
  'month/day/yy': (date: string) =>
    `${Number(part(date, 1))}/${Number(part(date, 2))}/${part(date, 0).slice(2)}`,
  'day/month/yy': (date: string) => `${part(date, 2)}/${part(date, 1)}/${part(date, 0).slice(2)}`,
  'yy-month-day': (date: string) => date.slice(2),
  compact: (date: string) => date.replaceAll('-', ''),
  'day-month name-year': (date: string) => `${part(date, 2)}-${monthName(date)}-${part(date, 0)}`,
  'month name day, year': (date: string) => `${monthName(date)} ${Number(part(date, 2))}, ${part(date, 0)}`,
  "Excel's days since 1900": (date: string) => daysSince(date, '1899-12-30'),
  "Excel's days since 1904": (date: string) => daysSince(date, '1904-01-01'),
} as const;

/** Styles whose dates only one order can read. */
export const sureDateStyles: ReadonlySet<string> = new Set<keyof typeof dateStyles>([
  'iso',
  'compact',
  'day-month name-year',
  'month name day, year',
]);

export const timeStyles = {
  '24 hours': (minutes: number) => wallText(minutes),
  'not padded': (minutes: number) => (minutes === minutesPerDay ? '24:00' : clockText(minutes, false)),
  seconds: (minutes: number) => `${wallText(minutes)}:00`,
  'AM and PM': (minutes: number) => amPm(minutes),
  zones: (minutes: number, zone: string) => `${wallText(minutes)} ${zone}`,
  /** Which half of the day is lost. */
  '12 hours': (minutes: number) => clockText(minutes % 720 || 720, false),
} as const;

function wallText(minutes: number): string {
  return minutes === minutesPerDay ? '24:00' : clockText(minutes);
}

export function writerOf(
  dateStyle: keyof typeof dateStyles,
  timeStyle: keyof typeof timeStyles,
  separator: string,
): Writer {
  const [date, time] = [dateStyles[dateStyle], timeStyles[timeStyle]];
  const isSerial = dateStyle.startsWith('Excel');
  return {
    dateStyle,
    timeStyle,
    date,
    time,
    stamp: (day, minutes, zone) =>
      isSerial
        ? `${Number(date(day)) + Math.floor(minutes / minutesPerDay)}${fractionOf(minutes % minutesPerDay)}`
        : `${date(day)}${separator}${time(minutes, zone)}`,
  };
}

/** Excel's fraction of a day, to ten digits. */
function fractionOf(minutes: number): string {
  return minutes === 0 ? '' : (minutes / minutesPerDay).toFixed(10).slice(1);
}

/** How an end at midnight is written. */
type Midnight = 'next day' | 'own day' | '24:00' | '23:59';

/** When an interval ends, as the tool counts: on from its start, or as a clock shows it, which differs at a clock change. */
function endOf(
  { startMs, date, wallMinutes, zone }: Reading,
  { isShown, minutes }: { readonly isShown: boolean; readonly minutes: number },
): { date: string; minutes: number; zone: string } {
  if (!isShown) return { date, minutes: Math.min(wallMinutes + minutes, minutesPerDay), zone };
  const shown = clockAt(startMs + minutes * 60_000);
  return shown.date === date ? shown : { date, minutes: minutesPerDay, zone: shown.zone };
}

interface TimeColumns {
  readonly columns: readonly Column[];
  /** Whether rows say when their interval starts, or both ends. */
  readonly isSure: boolean;
  readonly name: string;
  /** Whether a label alone says which pass through the repeated hour it is of. */
  readonly isOrderFree: boolean;
}

/**
 * The columns of date and time, in one of the ways that tools have.
 * @param minutes length of the intervals
 */
export function timeColumns(dice: Dice, writer: Writer, minutes: number): TimeColumns {
  const layouts = [
    'start',
    'start and end',
    'end',
    'stamp',
    'stamps',
    'end stamp',
    'instant',
    'range',
  ] as const;
  const layout = dice.pick(layouts);
  // A stamp that names its zone names the right instant.
  const midnights: Midnight[] = ['next day', '24:00', '23:59'];
  const midnight = dice.pick(writer.timeStyle === 'zones' ? midnights : [...midnights, 'own day']);
  const ends = { isShown: dice.chance(0.5), minutes };
  const instant = dice.pick(instantStyles);
  const start = (reading: Reading): string => writer.time(reading.wallMinutes, reading.zone);
  const end = (reading: Reading): string => {
    const { minutes: at, zone } = endOf(reading, ends);
    if (at !== minutesPerDay) return writer.time(at, zone);
    return writer.time(midnight === '23:59' ? 1439 : midnight === '24:00' ? at : 0, zone);
  };
  const startStamp = ({ date, wallMinutes, zone }: Reading): string => writer.stamp(date, wallMinutes, zone);
  const endStamp = (reading: Reading): string => {
    const { date, minutes: at, zone } = endOf(reading, ends);
    if (at !== minutesPerDay || midnight === '24:00') return writer.stamp(date, at, zone);
    if (midnight === '23:59') return writer.stamp(date, 1439, zone);
    return writer.stamp(midnight === 'next day' ? addDays(date, 1) : date, 0, zone);
  };
  const own: Column = { role: 'date', name: dice.pick(dateNames), cell: ({ date }) => writer.date(date) };
  const ofEnd: Column = {
    ...own,
    cell: (reading) => {
      const { date, minutes: at } = endOf(reading, ends);
      return writer.date(at === minutesPerDay && midnight === 'next day' ? addDays(date, 1) : date);
    },
  };
  const column = (role: Column['role'], names: readonly string[], cell: Column['cell']): Column => ({
    role,
    name: dice.pick(names),
    cell,
  });
  const isOrderFree = writer.timeStyle === 'zones';
  const describe = `${layout}, ${midnight}, ${ends.isShown ? 'as shown' : 'counted on'}`;
  const result = (columns: readonly Column[], isSure: boolean, isFree = isOrderFree): TimeColumns => ({
    columns,
    isSure,
    name: describe,
    isOrderFree: isFree,
  });
  switch (layout) {
    case 'start':
      return result([own, column('start', startNames, start)], true);
    case 'start and end':
      return result([own, column('start', startNames, start), column('end', endNames, end)], true);
    case 'end':
      return result(
        [dice.chance(0.5) ? ofEnd : own, column('label', [...endNames, ...neutralNames], end)],
        false,
      );
    case 'stamp':
      return result([column('label', [...startNames, ...neutralNames], startStamp)], false);
    case 'stamps':
      return result([column('start', startNames, startStamp), column('end', endNames, endStamp)], true);
    case 'end stamp':
      return result([column('label', [...endNames, ...neutralNames], endStamp)], false);
    case 'instant':
      return result(
        [column('label', [...startNames, ...neutralNames], ({ startMs, zone }) => instant(startMs, zone))],
        false,
        true,
      );
    case 'range':
      return result(
        [own, column('other', ['Interval', 'Time'], (reading) => `${start(reading)}-${end(reading)}`)],
        false,
      );
  }
}

const instantStyles = [
  isoWithOffset,
  (startMs: number) => new Date(startMs).toISOString(),
  (startMs: number) => `${new Date(startMs).toISOString().slice(0, 19).replace('T', ' ')}+00`,
];

const dateNames = ['Date', 'Usage Date', 'USAGE_DATE', 'Read Date', 'read_date', 'Interval Date'];
const startNames = [
  'Start',
  'Start Time',
  'USAGE_START_TIME',
  'Interval Start',
  'From',
  'interval_begin_time',
];
const endNames = ['End', 'End Time', 'USAGE_END_TIME', 'Interval End', 'To', 'Interval End Time'];
const neutralNames = ['Time', 'Timestamp', 'Date/Time', 'DateTime', 'Usage Time', 'Interval'];
