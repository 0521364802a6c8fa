import { flagWords, reduced } from '../cells.ts';
import { namesTime, type Role, roleOfName } from '../column-names.ts';
import { copiedString } from '../copied-string.ts';
import type { CellPlace } from '../place-of-cell.ts';
import { isBlankRow } from '../row-parser.ts';
import type { Row } from '../rows.ts';
import { DateOrderSurvey } from '../time/date-order-survey.ts';
import { type CellKind, cellKindOf, dateToken } from './cell-kind.ts';

/** The kind of a column, by its cells: dates, times of day, or both in one. */
export type TimeKind = 'date' | 'time' | 'date-time' | null;

/** Summary of the cells of a column. */
export class ColumnProfile {
  readonly role: Role | null;
  /** Number of non-blank cells, and of those of each kind. */
  cells = 0;
  numbers = 0;
  esiids = 0;
  channels = 0;
  directions = 0;
  flags = 0;
  times = 0;
  dates = 0;
  midnights = 0;
  dateTimes = 0;
  longIntegers = 0;
  min = Infinity;
  max = -Infinity;
  sum = 0;
  isConstant = true;
  first: CellPlace | null = null;
  /** The first cell that differs from the first one, or is not a number among numbers. */
  firstOther: CellPlace | null = null;
  firstNoNumber: CellPlace | null = null;

  readonly name: string;
  readonly index: number;
  private readonly flagOf: (text: string) => boolean | null;
  private firstToken = '';

  constructor(name: string, index: number) {
    this.name = name.trim();
    this.index = index;
    this.role = roleOfName(name);
    this.flagOf = flagWords(name);
  }

  add(kind: CellKind, text: string, lineNumber: number): void {
    if (kind.isBlank) return;
    if (this.cells++ === 0) {
      this.first = this.placeOf(text, lineNumber);
      this.firstToken = copiedString(kind.token);
    } else if (this.firstOther === null && kind.token !== this.firstToken) {
      this.isConstant = false;
      this.firstOther = this.placeOf(text, lineNumber);
    }
    if (kind.number === null) this.firstNoNumber ??= this.placeOf(text, lineNumber);
    else this.addNumber(kind.number, text);
    if (kind.isEsiid) this.esiids++;
    if (kind.channel !== null) this.channels++;
    if (kind.isDirection) this.directions++;
    if (kind.time) this.times++;
    if (kind.timeOfDate) {
      if (kind.timeOfDate.minutes === 0) this.midnights++;
      else this.dateTimes++;
    } else if (kind.date) this.dates++;
    if ((this.role === 'flag' || this.role === null) && this.flagOf(text) !== null) this.flags++;
  }

  placeOf(text: string, lineNumber: number): CellPlace {
    return { column: this.name, text: copiedString(text), lineNumber };
  }

  /** The kind of most of its cells; in a column of dates, a midnight beside a date was added by Excel. */
  get timeKind(): TimeKind {
    const { times, dates, midnights, dateTimes } = this;
    const hasTimes = dateTimes > 0 || (midnights > 0 && dates === 0 && namesTime(this.name));
    const ofDates = dates + midnights + dateTimes;
    // A column of numbers holds Excel's dates only if its name says so.
    if (ofDates === this.numbers && this.role === null) return times > 0 ? 'time' : null;
    if (times === 0 && ofDates === 0) return null;
    if (times > ofDates) return 'time';
    return hasTimes ? 'date-time' : 'date';
  }

  get isNumeric(): boolean {
    return this.numbers > 0 && this.numbers * 2 >= this.cells;
  }

  private addNumber(value: number, text: string): void {
    this.numbers++;
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
    this.sum += value;
    if (/^\s*\d{5,}\s*$/.test(text)) this.longIntegers++;
  }
}

/** Profiles the columns of a file, row by row, in memory that does not grow with the rows. */
export class ColumnSurvey {
  readonly columns: readonly ColumnProfile[];
  readonly dateOrders = new DateOrderSurvey();
  rowCount = 0;
  /** Pairs of columns whose cells were equal in every row. */
  private equalPairs: (readonly [number, number])[];
  /** By date column and column of dates with times: in how many rows their dates were equal. */
  private readonly equalDates = new Map<string, number>();
  private readonly dateColumns: readonly number[];

  constructor(names: readonly string[]) {
    this.columns = names.map((name, index) => new ColumnProfile(name, index));
    this.equalPairs = names.flatMap((_, a) => names.slice(0, a).map((_, b) => [b, a] as const));
    this.dateColumns = this.columns.filter(({ role }) => role === 'date').map(({ index }) => index);
  }

  add({ cells, lineNumber }: Row): void {
    const { columns } = this;
    if (cells.length !== columns.length && !isBlankRow(cells, columns.length)) return;
    this.rowCount++;
    const kinds = columns.map(({ index }) => cellKindOf(cells[index] ?? ''));
    kinds.forEach((kind, index) => {
      const column = columns[index];
      const text = cells[index] ?? '';
      column?.add(kind, text, lineNumber);
      if (kind.date && column && holdsUsageDates(column.role))
        this.dateOrders.add(kind.date, () => column.placeOf(text, lineNumber));
    });
    if (this.equalPairs.length > 0)
      this.equalPairs = this.equalPairs.filter(([a, b]) => kinds[a]?.token === kinds[b]?.token);
    this.compareDates(kinds);
  }

  /** Whether two columns are equal in every row. */
  areEqual(a: number, b: number): boolean {
    return a === b || this.equalPairs.some(([c, d]) => (a === c && b === d) || (a === d && b === c));
  }

  /** Whether a date column has, in most rows, the date of another's date and time. */
  datesAgree(dateColumn: number, column: number): boolean {
    return (this.equalDates.get(`${dateColumn} ${column}`) ?? 0) * 2 > this.rowCount;
  }

  private compareDates(kinds: readonly CellKind[]): void {
    for (const dateColumn of this.dateColumns) {
      const date = kinds[dateColumn]?.date;
      if (!date) continue;
      kinds.forEach((kind, column) => {
        if (!kind.timeOfDate || !kind.date || dateToken(kind.date) !== dateToken(date)) return;
        const key = `${dateColumn} ${column}`;
        this.equalDates.set(key, (this.equalDates.get(key) ?? 0) + 1);
      });
    }
  }
}

function holdsUsageDates(role: Role | null): boolean {
  return role === 'date' || role === 'start' || role === 'end' || role === 'time' || role === 'revision';
}

/** Names of quantities other than energy, whatever their numbers. */
export function namesNoEnergy(name: string): boolean {
  return /temp|weather|humid|price|cost|charge|amount|tariff|usd|dollar|cents|volt|ampere|powerfactor|freq|latitude|longitude|zip|postal|account|premise|customer|serial|multiplier|weekday|year|month|week|holiday|^row|index|^seq|id$|^no$|number$/.test(
    reduced(name),
  );
}
