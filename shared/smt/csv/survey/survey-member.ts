import { FileError } from '../../../archive/file-error.ts';
import { addDays } from '../../../intervals/clock.ts';
import { esiidPattern } from '../../../intervals/esiid.ts';
import { howToGiveEsiid } from '../../how-to-give-esiid.ts';
import { MemberReading, type ReadingOptions } from '../../member-reading.ts';
import { RowTally } from '../../row-tally.ts';
import { dateCells, flagWords } from '../cells.ts';
import { isWideHeader } from '../column-names.ts';
import { describeCell } from '../place-of-cell.ts';
import { readRows } from '../read-rows.ts';
import { type MeterRules, type ReadingRules, startLabels } from '../reading-rules.ts';
import { isRejection, RowParser } from '../row-parser.ts';
import { RowReader } from '../row-reader.ts';
import type { Rejection, Row } from '../rows.ts';
import type { Table } from '../table.ts';
import { rowLengthMinutes } from '../time/locate.ts';
import { type ChosenColumns, chooseColumns } from './choose-columns.ts';
import { ColumnSurvey } from './column-survey.ts';
import { ConflictingDays } from './conflicting-days.ts';
import { LabelSurvey } from './label-survey.ts';
import { mayBeDamage } from './may-be-damage.ts';
import type { MeterLabels } from './meter-labels.ts';

/**
 * Determines from all rows how a file by another tool has to be read: which column holds what, how dates are written, what
 * the labels of each meter mean. Row order is evidence only where it is for SMT's own files (the midnight of a day with a date
 * column, the repeated hour).
 * @throws FileError if no reading, or more than one, is consistent
 */
export async function surveyMember(
  bytes: AsyncIterable<Buffer>,
  table: Table,
  options: ReadingOptions,
): Promise<ReadingRules> {
  if (isWideHeader(table.names)) throw wideLayout();
  const columns = new ColumnSurvey(table.names);
  await readRows(bytes, table, (row) => columns.add(row));
  if (columns.rowCount === 0)
    throw new FileError('no-usable-rows', 'The header is known but no row below it has its columns.');
  const chosen = chooseColumns(table, columns);
  const esiid = esiidOfFile(table, chosen, columns, options);
  const choices = columns.dateOrders.choices(options.receivedAt);
  const readings: ReadingRules[] = [];
  for (const orders of choices) {
    const rules: ReadingRules = {
      layout: chosen.layout,
      esiid,
      dates: dateCells(orders),
      flagOf: flagWords(table.names[chosen.layout.flag] ?? ''),
      endsAreInclusive: false,
      rejectedDays: new Map(),
      meterRules: () => startLabels,
    };
    readings.push(await withLabels(bytes, table, chosen, rules, options));
  }
  const trials: Trial[] = [];
  for (const rules of readings) trials.push(await tryReading(bytes, table, rules, options));
  const proved = trials.length === 1 ? trials[0] : uncontradicted(trials);
  if (!proved) throw columns.dateOrders.undecided(choices);
  return { ...proved.rules, rejectedDays: proved.conflictingDays };
}

/** Rows of the hour that a clock change repeats. */
const rowsOfRepeatedHour = 4;

/** Evidence against and for a reading of all rows. */
interface Trial {
  readonly rules: ReadingRules;
  readonly rows: number;
  /** Rows whose labels fit no slot: `CST` in June, an end a month after its start. */
  readonly unplaced: number;
  /** Rows whose slot had a reading already, as a repeated hour has under a date without one. */
  readonly repeated: number;
  /** Whether it has whole days of 23 hours, and no reading in the one that they skip. */
  readonly hasWholeSpringDay: boolean;
  /** Meter-days with two values for a slot and no stamps to order them, as labels of 12 hours without AM and PM make them. */
  readonly conflictingDays: ReadonlyMap<string, Rejection>;
}

/** The only reading without evidence against it and with evidence for it from a clock change. */
function uncontradicted(trials: readonly Trial[]): Trial | null {
  const clean = trials.filter(({ unplaced, repeated }) => unplaced + repeated === 0);
  const proved = clean.filter((trial) =>
    trials.every(
      (other) =>
        other === trial ||
        (other.unplaced > 0 && !mayBeDamage(other.unplaced, other.rows)) ||
        other.repeated >= rowsOfRepeatedHour ||
        (trial.hasWholeSpringDay && !other.hasWholeSpringDay),
    ),
  );
  return proved.length === 1 ? (proved[0] ?? null) : null;
}

async function tryReading(
  bytes: AsyncIterable<Buffer>,
  table: Table,
  rules: ReadingRules,
  options: ReadingOptions,
): Promise<Trial> {
  const tally = new RowTally(null, []);
  let hasWholeSpringDay = false;
  const trial = new MemberReading(options, tally, {
    block: ({ kwh }) => {
      hasWholeSpringDay ||= kwh.length < 96 && !kwh.includes(null);
    },
    read: () => undefined,
  });
  const conflicts = new ConflictingDays(rules.layout);
  const reader = new RowReader(table, rules, trial, (...placed) => conflicts.add(...placed));
  try {
    await reader.read(bytes);
  } catch (error) {
    if (!(error instanceof FileError) || error.code === 'too-many-meters') throw error;
  }
  const { duplicateRows, conflictingRows } = tally.counts;
  // Not those of meters whose labels nothing explains: that says nothing of their dates.
  const invalid =
    (tally.rejectedOf.get('invalid-timestamp') ?? 0) + (tally.rejectedOf.get('future-date') ?? 0);
  const unplaced = invalid - reader.unresolvedRows;
  return {
    rules,
    rows: tally.counts.rowsRead,
    unplaced,
    repeated: duplicateRows + conflictingRows,
    hasWholeSpringDay,
    conflictingDays: conflicts.rejections,
  };
}

function wideLayout(): FileError {
  return new FileError(
    'wide-layout',
    'The file has one row a day with a column for each interval. Send one row for each interval, with its date and time.',
  );
}

/** ESIID of a file without a column for it: the only one above its header, or the hint. */
function esiidOfFile(
  { preambleEsiids }: Table,
  { layout }: ChosenColumns,
  { columns }: ColumnSurvey,
  { esiidHint, source }: ReadingOptions,
): string | null {
  if (layout.esiid >= 0) return null;
  const hinted = esiidHint && esiidPattern.test(esiidHint) ? [esiidHint] : [];
  const named = [...new Set([...preambleEsiids, ...hinted])];
  const [esiid] = named;
  if (!esiid) throw new FileError('esiid-unknown', `The file has no ESIID column. ${howToGiveEsiid(source)}`);
  if (named.length > 1) {
    throw new FileError(
      'ambiguous-esiid',
      `The file may be of ESIID ${named.join(' or ')}: it has no ESIID column, and names more than one above its header or ` +
        'another than the upload does. Send a file for each, or add an ESIID column.',
    );
  }
  const other = columns.find(({ role, isConstant }) => role === 'meter' && !isConstant);
  if (other?.first && other.firstOther) {
    throw new FileError(
      'ambiguous-esiid',
      `The file has several meters and no ESIID column: ${describeCell(other.first)}, ${describeCell(other.firstOther)}. ` +
        'Send a file for each with its ESIID, or add an ESIID column.',
    );
  }
  return esiid;
}

/** Reads the labels of all rows, and determines what they mean. */
async function withLabels(
  bytes: AsyncIterable<Buffer>,
  table: Table,
  { layout, onlyLabel }: ChosenColumns,
  rules: ReadingRules,
  { receivedAt }: ReadingOptions,
): Promise<ReadingRules> {
  const parser = new RowParser(rules, receivedAt);
  const labels = new LabelSurvey();
  let quarterHours = 0;
  let inclusive = 0;
  const column = layout.start >= 0 ? layout.start : layout.end;
  await readRows(bytes, table, (row: Row) => {
    const parsed = parser.parse(row);
    if (isRejection(parsed)) return;
    const { label, end } = parsed;
    if (end) {
      const minutes = rowLengthMinutes(label, end);
      if (minutes === 15) quarterHours++;
      if (minutes === 14) inclusive++;
    } else {
      labels.add(parsed, () => ({
        column: layout.names[column] ?? '',
        text: row.cells[column] ?? '',
        lineNumber: row.lineNumber,
      }));
    }
  });
  if (onlyLabel === null) return { ...rules, endsAreInclusive: inclusive > quarterHours };
  labels.finish();
  const conventions = labels.conventions(onlyLabel);
  const ofMeter = new Map(
    [...labels.meters].map(([meter, shown]) => [
      meter,
      meterRules(shown, conventions.get(meter) ?? null, column),
    ]),
  );
  return { ...rules, meterRules: (meter) => ofMeter.get(meter) ?? startLabels };
}

function meterRules(
  shown: MeterLabels,
  convention: MeterRules['convention'] | null,
  column: number,
): MeterRules {
  const { otherLength, oddDates } = shown;
  const isOdd = (date: string | null): boolean => date !== null && oddDates.has(date);
  if (otherLength !== null) {
    const message = lengthMessage(shown, otherLength);
    return { ...startLabels, rejection: { reason: 'not-15-minute', column, message } };
  }
  if (convention === null) {
    const message = labelsMessage(shown);
    return { ...startLabels, rejection: { reason: 'ambiguous-labels', column, message } };
  }
  if (oddDates.size === 0) return { ...startLabels, convention };
  return {
    convention,
    rejection: null,
    // The midnight that ends a clock-change day is beside the next day's date.
    rejectionOf: (date, minutes) =>
      isOdd(date) || (convention === 'dated-ends' && minutes === 0 && date && isOdd(addDays(date, -1)))
        ? { reason: 'not-15-minute', column }
        : null,
  };
}

function lengthMessage({ firstOffQuarter, firstCell }: MeterLabels, minutes: number): string {
  const cell = firstOffQuarter ?? firstCell;
  return (
    `The readings are ${minutes} minutes apart, or a multiple of it, and no 15-minute intervals: first ` +
    `${cell ? describeCell(cell) : ''}. Send the 15-minute file; if these are 15-minute readings with gaps, send them with ` +
    'a column for the start and one for the end of each.'
  );
}

function labelsMessage({ firstCell }: MeterLabels): string {
  return (
    `Nothing shows whether the times, such as ${firstCell ? describeCell(firstCell) : ''}, are those at which intervals start ` +
    'or end. Send whole days in time order, or a column for the start and one for the end of each.'
  );
}
