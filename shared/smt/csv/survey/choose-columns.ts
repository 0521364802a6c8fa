import { FileError } from '../../../archive/file-error.ts';
import { reduced } from '../cells.ts';
import { usageDateStrength } from '../column-names.ts';
import type { IntervalLayout } from '../layout.ts';
import { describeCell, quoted } from '../place-of-cell.ts';
import type { Table } from '../table.ts';
import { type ColumnProfile, type ColumnSurvey, namesNoEnergy } from './column-survey.ts';

/** The columns of a file by role, and what its only label column may hold. */
export interface ChosenColumns {
  readonly layout: IntervalLayout;
  /** What the column's name says about the only label of a row; null if a row has a start and an end. */
  readonly onlyLabel: 'start' | 'end' | 'either' | null;
}

/** Minimum number of rows of a constant column; fewer may be equal by chance. */
const minRowsOfConstant = 4;

function unknownHeader(message: string): FileError {
  return new FileError('unknown-header', message);
}

/**
 * Gives each role the one column whose cells fill it.
 * @throws FileError `unknown-header` where none does, or more than one
 */
export function chooseColumns(table: Table, survey: ColumnSurvey): ChosenColumns {
  const { columns } = survey;
  const of = (role: ColumnProfile['role']): ColumnProfile[] =>
    columns.filter((column) => column.role === role);
  const pick = (role: string, candidates: readonly ColumnProfile[]): number =>
    pickOne(survey, role, candidates)?.index ?? -1;
  const time = chooseTime(survey);
  const channel = chooseChannel(survey);
  rejectOtherUnits(of('unit'));
  const kwh = chooseEnergy(survey);
  rejectOtherThanUsage(kwh, channel >= 0);
  rejectSecondEnergy(survey, kwh);
  const layout: IntervalLayout = {
    delimiter: table.delimiter,
    columnCount: columns.findLastIndex(({ name }) => name !== '') + 1,
    names: table.names,
    esiid: pick(
      'the ESIID',
      fitting(of('esiid'), (column) => column.esiids > 0),
    ),
    meter: of('meter')[0]?.index ?? -1,
    revision: chooseRevision(survey),
    flag: chooseFlag(survey),
    channel,
    kwh: kwh.index,
    date: time.date,
    start: time.start,
    end: time.end,
  };
  return { layout, onlyLabel: time.onlyLabel };
}

/** Columns whose cells fit; all if none does, so that the rows are rejected for their content. */
function fitting(
  candidates: readonly ColumnProfile[],
  fits: (column: ColumnProfile) => boolean,
): readonly ColumnProfile[] {
  const filled = candidates.filter(({ cells }) => cells > 0);
  const found = filled.filter(fits);
  if (found.length > 0) return found;
  return filled.length > 0 ? filled : candidates.slice(0, 1);
}

/** The first of columns with equal content. @throws FileError if they differ */
function pickOne(
  survey: ColumnSurvey,
  role: string,
  candidates: readonly ColumnProfile[],
): ColumnProfile | null {
  const [first] = candidates;
  const other = first && candidates.find(({ index }) => !survey.areEqual(first.index, index));
  if (first && other) throw twoColumns(role, first, other);
  return first ?? null;
}

function twoColumns(role: string, first: ColumnProfile, other: ColumnProfile): FileError {
  const found = [first, other].map(({ name, first: cell }) => (cell ? describeCell(cell) : quoted(name)));
  return unknownHeader(
    `Two columns may hold ${role}: ${found.join(' and ')}. Leave the one out that does not.`,
  );
}

interface TimeColumns {
  readonly date: number;
  readonly start: number;
  readonly end: number;
  readonly onlyLabel: ChosenColumns['onlyLabel'];
}

function chooseTime(survey: ColumnSurvey): TimeColumns {
  const labels = survey.columns.filter(
    ({ role, timeKind }) => (timeKind === 'time' || timeKind === 'date-time') && mayHoldLabels(role),
  );
  const named = (role: string): ColumnProfile[] => labels.filter((column) => column.role === role);
  const start = pickOne(survey, 'the start of the interval', named('start'));
  const end = pickOne(survey, 'the end of the interval', named('end'));
  const others = labels.filter(
    ({ role, index }) =>
      role !== 'start' &&
      role !== 'end' &&
      !(start && survey.areEqual(start.index, index)) &&
      !(end && survey.areEqual(end.index, index)),
  );
  const other = pickOne(survey, 'the time of the interval', others);
  if (start && other) throw twoColumns('the start of the interval', start, other);
  const label = start ?? other ?? end;
  if (!label) throw noTime(survey);
  const date = chooseDate(survey, label, end);
  if (end && label !== end) return { date, start: label.index, end: end.index, onlyLabel: null };
  if (start) return { date, start: start.index, end: -1, onlyLabel: 'start' };
  return { date, start: -1, end: label.index, onlyLabel: end ? 'end' : 'either' };
}

function mayHoldLabels(role: ColumnProfile['role']): boolean {
  return role === null || role === 'start' || role === 'end' || role === 'time' || role === 'date';
}

function noTime({ columns }: ColumnSurvey): FileError {
  const named = columns.filter(
    ({ role, first }) => first && mayHoldLabels(role) && role !== null && role !== 'date',
  );
  const found = named.map(({ first }) => (first ? describeCell(first) : ''));
  return unknownHeader(
    found.length > 0
      ? `No column holds times of day such as 00:15: ${found.join(', ')}. Send a row for each interval with the time of its start and its end.`
      : 'No column holds times of day such as 00:15. Send a row for each interval with the time of its start and its end.',
  );
}

/** The column of the usage date, if the labels have no date, or the same one. */
function chooseDate(survey: ColumnSurvey, label: ColumnProfile, end: ColumnProfile | null): number {
  const dates = survey.columns.filter(
    ({ role, timeKind }) => timeKind === 'date' && mayHoldLabels(role) && role !== null,
  );
  if (label.timeKind === 'date-time') {
    const agreeing = dates.find(
      ({ index, role }) => role === 'date' && survey.datesAgree(index, label.index),
    );
    return agreeing?.index ?? -1;
  }
  const notOfEnds = dates.filter(({ role }) => role !== 'end');
  const candidates = notOfEnds.length > 0 ? notOfEnds : dates;
  const strongest = Math.max(...candidates.map(({ name }) => usageDateStrength(name)));
  const date = pickOne(
    survey,
    'the date of the usage',
    candidates.filter(({ name }) => usageDateStrength(name) === strongest),
  );
  if (date) return date.index;
  if (end?.timeKind === 'date-time')
    throw unknownHeader(`Column ${quoted(label.name)} has times without dates, and no column has its dates.`);
  const unread = survey.columns.find(({ role, first }) => role === 'date' && first);
  throw unknownHeader(
    unread?.first
      ? `No column holds dates of the usage: ${describeCell(unread.first)}.`
      : `Column ${quoted(label.name)} has times without dates, and no column has the dates of the usage.`,
  );
}

/** Small numbers count revisions, where a stamp would date them: a single number has no meaning, several would be lost. */
function chooseRevision(survey: ColumnSurvey): number {
  const stamps = fitting(
    survey.columns.filter(({ role }) => role === 'revision'),
    ({ dates, midnights, dateTimes }) => dates + midnights + dateTimes > 0,
  );
  const stamp = pickOne(survey, 'the revision stamp', stamps);
  if (!stamp) return -1;
  const isCount = stamp.numbers === stamp.cells && stamp.numbers > 0 && stamp.max < 1000;
  if (!isCount) return stamp.index;
  if (stamp.isConstant || !stamp.first || !stamp.firstOther) return -1;
  throw unknownHeader(
    `Revisions are numbers and no stamps: ${describeCell(stamp.first)}, ${describeCell(stamp.firstOther)}. Which file is ` +
      'newer cannot be determined from them. Send each revision as a file of its own, oldest first, without the column.',
  );
}

/** By its name, or by cells that are all `A`, `E` and the like. */
function chooseFlag(survey: ColumnSurvey): number {
  const named = fitting(
    survey.columns.filter(({ role }) => role === 'flag'),
    ({ flags }) => flags > 0,
  );
  const byCells = survey.columns.filter(
    ({ role, cells, flags }) => role === null && cells > 0 && flags === cells,
  );
  return pickOne(survey, 'whether a reading is estimated', [...named, ...byCells])?.index ?? -1;
}

function chooseChannel(survey: ColumnSurvey): number {
  const named = fitting(
    survey.columns.filter(({ role }) => role === 'channel'),
    ({ channels }) => channels > 0,
  );
  const byCells = survey.columns.filter(
    ({ role, cells, channels, directions }) => role === null && cells > 0 && channels + directions === cells,
  );
  return pickOne(survey, 'the channel', [...named, ...byCells])?.index ?? -1;
}

function rejectOtherUnits(units: readonly ColumnProfile[]): void {
  for (const { first, firstOther } of units) {
    const other = [first, firstOther].find((cell) => cell && reduced(cell.text) !== 'kwh');
    if (other)
      throw unknownHeader(
        `The unit is not kWh: ${describeCell(other)}. Send the rows whose unit is kWh alone.`,
      );
  }
}

const commonNames = [
  'usagekwh',
  'kwh',
  'energykwh',
  'intervalkwh',
  'kwhusage',
  'consumptionkwh',
  'usageinkwh',
];

function chooseEnergy(survey: ColumnSurvey): ColumnProfile {
  const { columns } = survey;
  const named = columns.filter(({ role }) => role === 'kwh');
  const hasUnit = columns.some(({ role, cells }) => role === 'unit' && cells > 0);
  const candidates = named.length > 0 || !hasUnit ? named : columns.filter(({ role }) => role === 'energy');
  const filled = fitting(candidates, ({ isNumeric }) => isNumeric);
  const energy = filled.find(({ name }) => commonNames.includes(reduced(name))) ?? filled[0];
  if (energy && energy.numbers > 0 && !energy.isNumeric) throw mostlyNoNumbers(energy);
  if (energy) return energy;
  const unnamed = columns.find(({ role }) => role === 'energy');
  throw unknownHeader(
    unnamed
      ? `Column ${quoted(unnamed.name)} does not say its unit. Name it kWh if that is what it holds.`
      : 'No column is named as one of kWh.',
  );
}

/** The few numbers among other cells, as whole kWh among decimal commas, would be all that is read of a day. */
function mostlyNoNumbers({ name, first, firstOther }: ColumnProfile): FileError {
  const found = [first, firstOther].map((cell) => (cell ? describeCell(cell) : '')).filter(Boolean);
  return new FileError(
    'contradicted-column',
    `Most cells of column ${quoted(name)} are not numbers of kWh such as 0.145: ${found.join(', ')}. Write them with a decimal point.`,
  );
}

const otherDirection =
  /generat|export|surplus|deliver|receiv|return|solar|produc|sent|import|inject|feedin|outflow|inflow/;
const noInterval = /^net|net$|netkwh|kwhnet|cumulat|register|reading|index|demand/;

/** Energy of another direction, a balance or a register is not consumption, even if it is the only energy of the file. */
function rejectOtherThanUsage({ name, first }: ColumnProfile, hasChannel: boolean): void {
  const word = reduced(name);
  if (!noInterval.test(word) && (hasChannel || !otherDirection.test(word))) return;
  throw unknownHeader(
    `Column ${quoted(name)} is not named as consumption${first ? ` (${describeCell(first)})` : ''}: it may be another ` +
      'direction, a balance or a register. Send a row for each reading, with its channel in a column CONSUMPTION_SURPLUSGENERATION (Consumption or ' +
      'Surplus Generation).',
  );
}

/** Whether the numbers of a column are a register's: from its least to its greatest is the energy of the whole file. */
function isRegisterOf(survey: ColumnSurvey, column: ColumnProfile, energy: ColumnProfile): boolean {
  if (survey.rowCount < minRowsOfConstant) return false;
  const span = column.max - column.min;
  // Running daily energy starts at 0 every day; a register has counted long before.
  return span > 0 && column.min > span && Math.abs(span - energy.sum) <= energy.max + 0.002;
}

const energyName =
  /kwh|generat|export|surplus|deliver|receiv|return|solar|produc|sent|net|inject|feedin|outflow|inflow|import|consum|usage|energy/;

/**
 * A file with a column for each direction would lose one of them. The reader does not guess which of two columns is meant, and
 * an unexplained column of numbers may be the second.
 * @throws FileError `unknown-header`
 */
function rejectSecondEnergy(survey: ColumnSurvey, energy: ColumnProfile): void {
  const second = survey.columns.find(
    (column) =>
      column !== energy &&
      (column.role === null || column.role === 'kwh' || column.role === 'energy') &&
      column.isNumeric &&
      !isExplained(survey, column, energy),
  );
  if (!second?.first) return;
  throw unknownHeader(
    `Column ${quoted(second.name)} may be a second column of energy (${describeCell(second.first)}), beside ` +
      `${quoted(energy.name)}. Send a row for each reading, with its channel in a column CONSUMPTION_SURPLUSGENERATION ` +
      '(Consumption or Surplus Generation), or leave the column out.',
  );
}

function isExplained(survey: ColumnSurvey, column: ColumnProfile, energy: ColumnProfile): boolean {
  const { name, numbers, longIntegers, isConstant, cells } = column;
  const isOfEnergy = energyName.test(reduced(name));
  return (
    survey.areEqual(column.index, energy.index) ||
    (!isOfEnergy && namesNoEnergy(name)) ||
    (/price|cost|rate|charge|amount/.test(reduced(name)) && !/kwh$/.test(reduced(name))) ||
    /(?:price|cost|rate|charge)per/.test(reduced(name)) ||
    (longIntegers === numbers && isConstant) ||
    (isConstant && cells >= minRowsOfConstant && (column.max === 0 || !isOfEnergy)) ||
    (!isOfEnergy && isRegisterOf(survey, column, energy))
  );
}
