import type { FileError } from '../../../archive/file-error.ts';
import { usageDateStrength } from '../column-names.ts';
import type { IntervalLayout } from '../layout.ts';
import { describeCell, quoted } from '../place-of-cell.ts';
import type { Table } from '../table.ts';
import { chooseEnergy } from './choose-energy.ts';
import type { ColumnProfile, ColumnSurvey } from './column-survey.ts';
import { fitting, unknownHeader } from './fitting-columns.ts';

/** The columns of a file by role, and what its only label column may hold. */
export interface ChosenColumns {
  readonly layout: IntervalLayout;
  /** What the column's name says about the only label of a row; null if a row has a start and an end. */
  readonly onlyLabel: 'start' | 'end' | 'either' | null;
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
  const kwh = chooseEnergy(survey, channel >= 0);
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
