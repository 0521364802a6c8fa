import type { Channel } from '../../../intervals/block.ts';
import { minutesPerDay } from '../../../intervals/clock.ts';
import { parseEsiid } from '../../../intervals/esiid.ts';
import { channelOf, reduced } from '../cells.ts';
import { remember } from '../remember.ts';
import { parseTime, parseTimeAlone, type TimeLabel } from '../time/labels.ts';
import { type WrittenDate, writtenDate } from '../time/written-date.ts';

/** The kinds that a cell may be on its own; some cells match several. */
export interface CellKind {
  readonly isBlank: boolean;
  readonly number: number | null;
  readonly isEsiid: boolean;
  /** A time of day without a date. */
  readonly time: TimeLabel | null;
  readonly date: WrittenDate | null;
  /** The time beside the date; null if there is none. */
  readonly timeOfDate: TimeLabel | null;
  readonly channel: Channel | null;
  /** A direction whose point of view is ambiguous: `Delivered`, `Net`. */
  readonly isDirection: boolean;
  /** Equal for cells with the same meaning: `0:15` and `00:15`, `.1` and `0.100`. */
  readonly token: string;
}

const plainNumber = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)$/;
const directionWords = new Set([
  'delivered',
  'received',
  'import',
  'imported',
  'export',
  'exported',
  'net',
  'forward',
  'reverse',
  'sent',
  'solar',
  'production',
  'produced',
  'injection',
  'injected',
  'feedin',
  'inflow',
  'outflow',
  'used',
  'returned',
  'sold',
  'bought',
]);

export const cellKindOf = remember((text): CellKind => {
  const time = parseTimeAlone(text);
  const written = time ? null : writtenDate(text);
  const rest = written?.rest.replace(/^[T\s,]+/i, '') ?? '';
  const timeOfDate = rest === '' ? null : parseTime(rest);
  const date = rest === '' || timeOfDate ? written : null;
  const number = plainNumber.test(text) ? Number(text) : null;
  return {
    isBlank: text === '',
    number,
    isEsiid: parseEsiid(text) !== null,
    time,
    date,
    timeOfDate,
    channel: channelOf(text),
    isDirection: directionWords.has(reduced(text)),
    token: tokenOf(text, number, time, date, timeOfDate),
  };
});

function tokenOf(
  text: string,
  number: number | null,
  time: TimeLabel | null,
  date: WrittenDate | null,
  timeOfDate: TimeLabel | null,
): string {
  if (time) return `t${time.minutes % minutesPerDay}/${time.offsetMinutes}`;
  if (date && date.shape !== 'serial')
    return `${dateToken(date)} ${timeOfDate?.minutes ?? 0}/${timeOfDate?.offsetMinutes}`;
  return number === null ? text : String(number);
}

/** Equal for cells whose dates are the same, whatever their times and orders. */
export function dateToken({ dates }: WrittenDate): string {
  return [...dates.values()].join();
}
