import { FileError } from '../../archive/file-error.ts';
import type { MemberKind } from '../../intervals/row-counts.ts';
import { type Delimiter, splitLine } from './csv.ts';

/** What a column of an interval file holds. */
type Role =
  | 'esiid'
  | 'meter'
  | 'date'
  | 'revision'
  | 'start'
  | 'end'
  | 'timestamp'
  | 'kwh'
  | 'flag'
  | 'channel';

/** Header names by role, reduced to letters and digits (smt-format, "Header variants met in the field"). */
const namesOfRole: Readonly<Record<Role, readonly string[]>> = {
  esiid: ['esiid', 'esiidnumber'],
  meter: ['meter', 'meternumber', 'meterid', 'meterserialnumber'],
  date: ['usagedate', 'readdate', 'date', 'intervaldate'],
  revision: ['revisiondate', 'revision', 'revisiondatetime'],
  start: [
    'usagestarttime',
    'starttime',
    'startdatetime',
    'start',
    'usagestart',
    'intervalstart',
    'intervalstarttime',
    'intervalstartdatetime',
    'intervalbegin',
    'time',
  ],
  end: [
    'usageendtime',
    'endtime',
    'enddatetime',
    'end',
    'usageend',
    'intervalend',
    'intervalendtime',
    'intervalenddatetime',
    'intervalending',
  ],
  timestamp: [
    'timestamp',
    'datetime',
    'datetimecst',
    'datetimecdt',
    'datetimect',
    'datetimecpt',
    'datetimecentral',
    'datetimelocal',
  ],
  kwh: ['usagekwh', 'kwh', 'energykwh', 'intervalkwh', 'kwhusage', 'consumptionkwh', 'usageinkwh'],
  flag: ['estimatedactual', 'actualestimated', 'estimated', 'flag'],
  channel: ['consumptionsurplusgeneration', 'channel', 'consumptiongeneration'],
};

const roleOfName = new Map<string, Role>(
  Object.entries(namesOfRole).flatMap(([role, names]) => names.map((name) => [name, role as Role] as const)),
);

/** Where an interval file's columns are; -1 where it has none. */
export interface IntervalLayout extends Readonly<Record<Role, number>> {
  readonly delimiter: Delimiter;
  readonly columnCount: number;
}

export type Header =
  | { readonly kind: 'interval'; readonly layout: IntervalLayout; readonly cells: readonly string[] }
  | { readonly kind: Exclude<MemberKind, 'interval' | 'unknown'> };

function reduce(cell: string): string {
  return cell.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function rolesOf(names: readonly string[]): Record<Role, number> {
  const columns = {
    esiid: -1,
    meter: -1,
    date: -1,
    revision: -1,
    start: -1,
    end: -1,
    timestamp: -1,
    kwh: -1,
    flag: -1,
    channel: -1,
  };
  names.forEach((name, column) => {
    const role = roleOfName.get(name);
    if (role && columns[role] < 0) columns[role] = column;
  });
  return columns;
}

const monthlyName = /^(?:billed|billing|metered|demand)|kva$|month/;
const dailyName = /^(?:startread|endread|meterread|startmeterread|endmeterread)|reading$/;
const energyName = /kwh|usage|energy|consumption|read|interval/;

const secondEnergyName = /kwh|generation|export|surplus/;
const noEnergyName = /price|cost|date|time/;

/**
 * A file with a column for each direction would lose one of them: which of two columns is meant is not guessed.
 * @throws FileError `unknown-header`
 */
export function refuseSecondEnergy(cells: readonly string[], columns: Readonly<Record<Role, number>>): void {
  if (columns.channel >= 0) return;
  const second = cells.find((cell, column) => {
    const name = reduce(cell);
    return column !== columns.kwh && secondEnergyName.test(name) && !noEnergyName.test(name);
  });
  if (second === undefined) return;
  throw new FileError(
    'unknown-header',
    `The header has a second column of energy, "${second.trim().slice(0, 100)}", and none that tells the ` +
      'channel. Send a row for each reading, with its channel in a column CONSUMPTION_SURPLUSGENERATION ' +
      '(Consumption or Surplus Generation), or leave the second column out.',
  );
}

function recognize(cells: readonly string[], delimiter: Delimiter): Header | null {
  const names = cells.map(reduce);
  const columns = rolesOf(names);
  const hasTime = columns.start >= 0 || columns.end >= 0 || columns.timestamp >= 0;
  if (columns.kwh >= 0 && hasTime) {
    // Excel may leave empty columns behind the last.
    const columnCount = names.findLastIndex((name) => name !== '') + 1;
    return { kind: 'interval', layout: { ...columns, delimiter, columnCount }, cells };
  }
  if (columns.esiid < 0 || names.length < 2) return null;
  const hasPeriod = names.includes('startdate') && names.includes('enddate');
  if (hasPeriod || names.some((name) => monthlyName.test(name))) {
    return { kind: 'monthly' };
  }
  const hasDate = columns.date >= 0 || names.some((name) => /(?:read|usage)date$/.test(name));
  if (hasDate && !hasTime && (columns.kwh >= 0 || names.some((name) => dailyName.test(name)))) {
    return { kind: 'daily' };
  }
  // Only what cannot be an interval file with misspelled columns is passed over.
  const mayHoldIntervals = hasTime || names.some((name) => energyName.test(name));
  return mayHoldIntervals ? null : { kind: 'other' };
}

/** Recognizes a file by its header line, whatever the delimiter; null if the line is no known header. */
export function recognizeHeader(line: string): Header | null {
  for (const delimiter of [',', '\t', ';'] as const) {
    const cells = splitLine(line, delimiter);
    const header = cells && recognize(cells, delimiter);
    if (header) return header;
  }
  return null;
}
