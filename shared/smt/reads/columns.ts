import { FileError } from '../../archive/file-error.ts';
import { type Delimiter, splitLine } from '../csv/csv.ts';

/** The columns of a report: for each, its header names, reduced to lower-case letters and digits. */
export type ColumnNames<Column extends string> = Readonly<Record<Column, readonly string[]>>;

/** A header line and where its columns are. */
export interface ReportHeader<Column extends string> {
  readonly delimiter: Delimiter;
  /** Index of a column; -1 if the report has none. */
  readonly columns: Readonly<Record<Column, number>>;
  readonly columnCount: number;
  /** Header cells that match no column, or the same one as another cell. */
  readonly unknown: readonly string[];
}

/** Names of columns without energy that any report of reads may have. */
const harmlessNames = new Set([
  '',
  'meter',
  'meterno',
  'meternumber',
  'meterid',
  'meterserialnumber',
  'estimatedactual',
  'actualestimated',
  'tdsp',
  'tdspname',
  'tdspcode',
  'duns',
  'dunsnumber',
  'premiseaddress',
  'serviceaddress',
  'address',
  'city',
  'state',
  'zip',
  'zipcode',
]);

/** Recognizes a header line by the columns it must have; null if one of them is missing. */
export function recognizeReportHeader<Column extends string>(
  line: string,
  names: ColumnNames<Column>,
  required: readonly Column[],
): ReportHeader<Column> | null {
  for (const delimiter of [',', '\t', ';'] as const) {
    const cells = splitLine(line, delimiter);
    const header = cells && findColumns(cells, delimiter, names);
    if (header && required.every((column) => header.columns[column] >= 0)) return header;
  }
  return null;
}

function findColumns<Column extends string>(
  cells: readonly string[],
  delimiter: Delimiter,
  names: ColumnNames<Column>,
): ReportHeader<Column> {
  const columnOfName = new Map<string, Column>();
  const columns = {} as Record<Column, number>;
  for (const column of Object.keys(names) as Column[]) {
    columns[column] = -1;
    for (const name of names[column]) columnOfName.set(name, column);
  }
  const unknown: string[] = [];
  cells.forEach((cell, index) => {
    const name = cell.toLowerCase().replace(/[^a-z0-9]/g, '');
    const column = columnOfName.get(name);
    if (column !== undefined && columns[column] < 0) columns[column] = index;
    else if (column !== undefined || !harmlessNames.has(name)) unknown.push(cell.trim());
  });
  const columnCount = cells.findLastIndex((cell) => cell.trim() !== '') + 1;
  return { delimiter, columns, columnCount, unknown };
}

/**
 * An unknown column could hold intervals or a second direction of energy, so the report is not read without it.
 * @throws FileError `unknown-column`
 */
export function rejectUnknownColumns(header: ReportHeader<string>): void {
  const [first] = header.unknown;
  if (first === undefined) return;
  throw new FileError(
    'unknown-column',
    `The column "${first.slice(0, 100)}" of this report of meter reads is not known, or is there twice, so what it holds ` +
      'would be lost. Remove the column if it holds no energy.',
  );
}
