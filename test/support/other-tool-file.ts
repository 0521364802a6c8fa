import type { Dice } from './dice.ts';
import { energyColumn, extraColumns, type Identity, identityColumns } from './other-tool-columns.ts';
import {
  type Column,
  dateStyles,
  sureDateStyles,
  timeColumns,
  timeStyles,
  writerOf,
} from './other-tool-times.ts';
import { clockAt, dates, meterDay, type Reading } from './smt-meter.ts';

/** A file as another tool makes it of readings, and what it says. */
export interface OtherToolFile {
  /** The choices it was made by. */
  readonly name: string;
  readonly columns: readonly Column[];
  readonly delimiter: string;
  /** Lines above the header. */
  readonly preamble: readonly string[];
  /** A row of cells and the reading that it is of. */
  readonly rows: readonly { readonly cells: readonly string[]; readonly reading: Reading }[];
  readonly esiidHint: string | null;
  /** Whether its rows prove how they are read, so that it must be read. */
  readonly isProved: boolean;
  /** Whether it holds something other than one energy in 15-minute intervals, so that nothing of it may be read. */
  readonly isOther: boolean;
}

/** When files of other tools are received. */
export const receivedAt = new Date('2026-11-25T12:00:00Z');

/** Whole days, or an excerpt; days up to the 12th, clock changes and the end of a year among them. */
const firstDates = [
  '2025-05-10',
  '2025-05-30',
  '2025-03-08',
  '2025-11-01',
  '2024-12-30',
  '2024-02-27',
  '2025-06-03',
];

/** A file by another tool: columns renamed, reordered, joined, dates and labels in its own way. */
export function otherToolFile(dice: Dice): OtherToolFile {
  const minutes = dice.chance(0.85) ? 15 : dice.pick([1, 3, 5, 10, 20, 30, 60, 120, 240]);
  const days = dates(dice.pick(firstDates), minutes < 15 ? 1 : 1 + dice.below(4));
  const writer = writerOf(
    dice.pick(Object.keys(dateStyles) as (keyof typeof dateStyles)[]),
    // Times by 12 hours lose every other reading, so they are rare.
    dice.chance(0.05) ? '12 hours' : dice.pick(commonTimeStyles),
    dice.pick([' ', 'T', ' ']),
  );
  const delimiter = dice.pick([',', ',', ',', ';', '\t', '|']);
  const time = timeColumns(dice, writer, minutes);
  const identity = identityColumns(dice);
  const extra = extraColumns(dice, writer);
  const energy = energyColumn(dice, identity.channels.length > 1);
  const columns = inSomeOrder(dice, [...identity.columns, ...time.columns, energy.column, ...extra.columns]);
  const hasFlag = columns.some(({ role }) => role === 'flag');
  const all = readingsOf(dice, identity, { days, minutes, hasFlag });
  // Labels by 12 hours are of whole days: half a day of them is a valid other half.
  const excerpt = writer.timeStyle === '12 hours' ? all : excerptOf(dice, all);
  const order = dice.pick([
    'as written',
    'as written',
    'as written',
    'reversed',
    'shuffled',
    'with duplicates',
  ] as const);
  const isAutumn = days.some((date) => date === '2025-11-02');
  const rows = arranged(dice, order, excerpt).map((reading) => ({
    reading,
    cells: columns.map((column) => column.cell(reading)),
  }));
  const isDecided =
    sureDateStyles.has(writer.dateStyle) ||
    (writer.dateStyle.includes('year') && lateDay(excerpt.map(({ date }) => date)));
  return {
    name: [
      time.name,
      writer.dateStyle,
      writer.timeStyle,
      order,
      `${minutes} minutes`,
      extra.name,
      energy.name,
    ].join('; '),
    columns,
    delimiter,
    preamble: dice.chance(0.1) ? [`sep=${delimiter}`, ...identity.preamble] : identity.preamble,
    rows,
    esiidHint: identity.esiidHint,
    isProved:
      time.isSure &&
      isDecided &&
      energy.isSure &&
      extra.isSure &&
      minutes === 15 &&
      writer.timeStyle !== '12 hours' &&
      (order === 'as written' || !isAutumn) &&
      !(isAutumn && excerpt !== all),
    isOther: minutes !== 15 || extra.isOther || energy.isOther,
  };
}

const commonTimeStyles = (Object.keys(timeStyles) as (keyof typeof timeStyles)[]).filter(
  (style) => style !== '12 hours',
);

const lateDay = (days: readonly string[]): boolean => days.some((date) => Number(date.slice(8)) > 12);

function inSomeOrder(dice: Dice, columns: readonly Column[]): readonly Column[] {
  return dice.chance(0.5) ? columns : dice.shuffled(columns);
}

/** Every value once or nearly so: one in a wrong slot is seen. */
function readingsOf(
  dice: Dice,
  { esiids, channels }: Identity,
  { days, minutes, hasFlag }: { days: readonly string[]; minutes: number; hasFlag: boolean },
): Reading[] {
  const gaps = dice.chance(0.3) ? 0.05 : 0;
  return esiids.flatMap((id) =>
    channels.flatMap((channel) =>
      days.flatMap((date) => {
        const day = meterDay({
          esiid: id,
          channel,
          date,
          milliKwh: () => (dice.chance(gaps) ? null : 1 + dice.below(99_999)),
          estimated: () => hasFlag && dice.chance(0.1),
        });
        return minutes === 15 ? day : ofLength(day, minutes);
      }),
    ),
  );
}

/** A day's readings at another interval length. */
function ofLength(day: readonly Reading[], minutes: number): Reading[] {
  const [first] = day;
  if (!first) return [];
  return Array.from({ length: 1440 / minutes }, (_, i) => {
    const startMs = first.startMs + i * minutes * 60_000;
    const { date, zone, minutes: wallMinutes } = clockAt(startMs);
    return { ...(day[i % day.length] ?? first), startMs, date, zone, wallMinutes };
  });
}

/**
 * Some days in full, or with rows at both ends left out: a file begins and ends anywhere but within a day's last interval, whose
 * label alone would pass for that of its first.
 */
function excerptOf(dice: Dice, readings: readonly Reading[]): readonly Reading[] {
  if (dice.chance(0.6)) return readings;
  const from = dice.below(90);
  const to = readings.length - dice.below(Math.max(1, readings.length - from - 8));
  const excerpt = readings.slice(from, Math.max(to, from + 8));
  const startsLate = (excerpt[0]?.wallMinutes ?? 0) >= 1425;
  return startsLate ? readings : excerpt;
}

type Order = 'as written' | 'reversed' | 'shuffled' | 'with duplicates';

function arranged(dice: Dice, order: Order, readings: readonly Reading[]): readonly Reading[] {
  switch (order) {
    case 'as written':
      return readings;
    case 'reversed':
      return readings.toReversed();
    case 'shuffled':
      return dice.shuffled(readings);
    case 'with duplicates':
      return readings.flatMap((reading) => (dice.chance(0.05) ? [reading, reading] : [reading]));
  }
}

/** The file's text. */
export function textOfFile({ preamble, columns, delimiter, rows }: OtherToolFile, lineEnd = '\n'): string {
  const join = (cells: readonly string[]): string =>
    cells.map((cell) => quotedIfNeeded(cell, delimiter)).join(delimiter);
  return [
    ...preamble,
    join(columns.map(({ name }) => name)),
    ...rows.map(({ cells }) => join(cells)),
    '',
  ].join(lineEnd);
}

function quotedIfNeeded(cell: string, delimiter: string): string {
  return cell.includes(delimiter) ? `"${cell}"` : cell;
}
