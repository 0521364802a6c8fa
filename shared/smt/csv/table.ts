import { esiidPattern, parseEsiid } from '../../intervals/esiid.ts';
import { parseKwh } from '../../intervals/kwh.ts';
import { reduced } from './cells.ts';
import { isWideHeader, namesTime, type Role, roleOfName } from './column-names.ts';
import { type Delimiter, splitLine, splitLines } from './csv.ts';
import { parseTime } from './time/labels.ts';
import { writtenDate } from './time/written-date.ts';

/** A table in a text: its header, the lines before it, and the rows within the head of the file. */
export interface Table {
  readonly delimiter: Delimiter;
  /** Names of the columns as the header has them. */
  readonly names: readonly string[];
  /** 1-based line of the header. */
  readonly headerLine: number;
  /** ESIIDs that the lines before the header name as such. */
  readonly preambleEsiids: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Number of lines in which the header has to be. */
const maxPreambleLines = 60;
/** Number of rows that show whether a table may hold intervals. */
const maxSampleRows = 500;
const delimiters = [',', '\t', ';', '|'] as const;

/**
 * Finds the table of a text: the first line that names a time and kWh, whatever precedes it (titles, accounts,
 * `sep=;`), else the first that reads as a header at all.
 * @param text the beginning of a file
 * @param isWhole whether that is the whole file, so that its last line is complete
 */
export function findTable(text: string, isWhole: boolean): Table | null {
  if (/^\s*[{[<]/.test(text)) return null;
  const lines = text.split(/\r\n|\n|\r/);
  if (!isWhole && lines.length > 1) lines.pop();
  const found = headerAmong(lines, isIntervalHeader) ?? headerAmong(lines, isAnyHeader);
  if (!found) return null;
  const { index, delimiter, names } = found;
  const below = lines.slice(index + 1, index + 1 + maxSampleRows);
  const fieldsOf = splitLines(below, delimiter);
  return {
    delimiter,
    names,
    headerLine: index + 1,
    preambleEsiids: esiidsOf(lines.slice(0, index)),
    rows: below.flatMap((_, i) => {
      const fields = fieldsOf(i);
      return fields?.some((cell) => cell.trim() !== '') ? [fields] : [];
    }),
  };
}

type IsHeader = (names: readonly string[], next: readonly string[]) => boolean;

function headerAmong(
  lines: readonly string[],
  isHeader: IsHeader,
): { index: number; delimiter: Delimiter; names: string[] } | null {
  for (let index = 0; index < Math.min(lines.length, maxPreambleLines); index++) {
    for (const delimiter of delimiters) {
      const names = splitLine(lines[index] ?? '', delimiter);
      const next = lines.findIndex((line, at) => at > index && line.trim() !== '');
      const nextNames = splitLine(lines[next] ?? '', delimiter) ?? [];
      if (names && isHeader(names, nextNames)) return { index, delimiter, names };
    }
  }
  return null;
}

function isIntervalHeader(names: readonly string[]): boolean {
  const roles = new Set(names.map(roleOfName));
  const hasTime = roles.has('start') || roles.has('end') || roles.has('time');
  const hasEnergy = roles.has('kwh') || (roles.has('energy') && (hasTime || roles.has('unit')));
  const isTable = (hasTime || roles.has('date')) && hasEnergy;
  return (isTable || (isWideHeader(names) && roles.has('date'))) && !names.some(isValue);
}

function isAnyHeader(names: readonly string[], next: readonly string[]): boolean {
  const named = names.filter((name) => name.trim() !== '');
  return named.length >= 2 && !named.some(isValue) && (next.length === names.length || next.length === 0);
}

/** Whether a cell is a value and so not a name: an ESIID, a date, a decimal. Times and small numbers may name intervals. */
function isValue(cell: string): boolean {
  const text = cell.trim();
  return (
    parseEsiid(text) !== null ||
    (text.includes('.') && parseKwh(text) !== null) ||
    (writtenDate(text) !== null && text.length > 5)
  );
}

const digits = /(?<!\d)(?:\d{22}|\d{17})(?!\d)/g;

/** Only if the line labels it as an ESIID: an account number may have as many digits. */
function esiidsOf(lines: readonly string[]): string[] {
  const named = lines.filter((line) => /esi[\s_-]*id/i.test(line));
  return [...new Set(named.flatMap((line) => line.match(digits) ?? []))].filter((id) =>
    esiidPattern.test(id),
  );
}

/** Columns whose times are not those of intervals. */
const timelessRoles: ReadonlySet<Role | null> = new Set<Role | null>(['revision', 'aside', 'esiid', 'kwh']);

/**
 * Whether a table may hold intervals, so that it must be read or fail, and is not a report of days or months: it names a time
 * and kWh, has a column for each interval of a day, times of day in its cells, or several rows of one ESIID and date.
 */
export function mayHoldIntervals(table: Table): boolean {
  const { names, rows } = table;
  const roles = names.map(roleOfName);
  if (isWideHeader(names)) return true;
  if (roles.includes('kwh') && names.some((name, column) => namesTime(name) && !holdsDates(rows, column)))
    return true;
  // A report of register reads, or of bills, is recognized by them, and its own form reports errors in its rows.
  if (hasRegisters(names) || isBill(names)) return false;
  const hasTimes = names.some(
    (_, column) => !timelessRoles.has(roles[column] ?? null) && holdsTimes(rows, column),
  );
  return hasNumbers(table) && (hasTimes || hasSeveralRowsADay(table, roles));
}

function hasRegisters(names: readonly string[]): boolean {
  return ['start', 'end'].every((edge) =>
    names.some((name) => new RegExp(`^${edge}(?:meter)?read(?:ing)?$`).test(reduced(name))),
  );
}

function isBill(names: readonly string[]): boolean {
  const found = names.map(reduced);
  return (
    found.includes('startdate') &&
    found.includes('enddate') &&
    found.some((name) => /^(?:billed|metered)k/.test(name))
  );
}

type Rows = Table['rows'];

function cellsOf(rows: Rows, column: number): string[] {
  return rows.map((row) => (row[column] ?? '').trim()).filter((text) => text !== '');
}

/** Dates and no times beside them. */
function holdsDates(rows: Rows, column: number): boolean {
  const cells = cellsOf(rows, column);
  return cells.length > 0 && cells.every((text) => writtenDate(text)?.rest === '');
}

function holdsTimes(rows: Rows, column: number): boolean {
  return cellsOf(rows, column).some((text) => {
    const rest = writtenDate(text)?.rest.replace(/^[T\s,]+/i, '') ?? '';
    return parseTime(text) !== null || (rest !== '' && (parseTime(rest)?.minutes ?? 0) > 0);
  });
}

function hasNumbers({ names, rows }: Table): boolean {
  if (names.some((name) => /kwh|usage|energy|consumption|generation|read|interval/i.test(name))) return true;
  return rows.some((row) => row.some((cell) => /^\s*\d*\.\d+\s*$/.test(cell)));
}

/** Rows that differ in more than their revision; duplicate rows count once. */
function hasSeveralRowsADay({ rows }: Table, roles: readonly (Role | null)[]): boolean {
  const dateColumn = roles.indexOf('date');
  if (dateColumn < 0) return false;
  const keys = roles.flatMap((role, column) =>
    role === 'esiid' || role === 'meter' || role === 'channel' || role === 'revision' ? [column] : [],
  );
  const distinct = new Map(rows.map((row) => [row.join('\t'), row]));
  const days = new Set(
    [...distinct.values()].map((row) => [dateColumn, ...keys].map((c) => row[c]).join('\t')),
  );
  return days.size < distinct.size;
}
