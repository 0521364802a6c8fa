import { FileError } from '../../../archive/file-error.ts';
import { addDays } from '../../../intervals/clock.ts';
import { type CellPlace, describeCell } from '../place-of-cell.ts';
import { mayBeDamage } from '../survey/may-be-damage.ts';
import type { DateOrder, DateOrders, DateShape, WrittenDate } from './written-date.ts';

type OpenShape = Exclude<DateShape, 'plain'>;

const ordersOfShape: Readonly<Record<OpenShape, readonly DateOrder[]>> = {
  long: ['month-first', 'day-first'],
  short: ['month-first', 'day-first', 'year-first'],
  serial: ['excel-1900', 'excel-1904'],
};

/** Maximum number of different dates kept that any order can read: two years have fewer days up to the 12th. */
const maxUndecidedDates = 300;

/** The cells that an order cannot read, though another can. */
interface Contradiction {
  readonly first: CellPlace;
  cells: number;
}

/** Summary of the cells of one shape. */
class ShapeEvidence {
  first: CellPlace | null = null;
  cells = 0;
  readonly contradictions = new Map<DateOrder, Contradiction>();
  /** Dates that more than one order can read. */
  readonly undecided = new Map<string, ReadonlyMap<DateOrder, string>>();
}

/** Minimum number of consecutive dates; fewer may be chance. */
const minDatesInRow = 3;

/**
 * Decides how a file writes its dates. One tool wrote the file, so one order has to read every date of every column: cells
 * that only one order can read decide. Where each order can read all of them, the order is taken under which the dates are
 * days in a row, if under no other any two are neighbours, or the only one whose dates are not all in the future. An
 * ambiguous order is an error, and so are cells that rule each other's order out.
 */
export class DateOrderSurvey {
  private readonly shapes = new Map<OpenShape, ShapeEvidence>();

  add({ shape, dates }: WrittenDate, place: () => CellPlace): void {
    if (shape === 'plain') return;
    const orders = ordersOfShape[shape];
    let evidence = this.shapes.get(shape);
    if (!evidence) {
      evidence = new ShapeEvidence();
      this.shapes.set(shape, evidence);
    }
    evidence.first ??= place();
    evidence.cells++;
    if (dates.size > 1 && evidence.undecided.size < maxUndecidedDates)
      evidence.undecided.set([...dates.values()].join(), dates);
    for (const order of orders) {
      if (dates.has(order)) continue;
      const contradiction = evidence.contradictions.get(order);
      if (contradiction) contradiction.cells++;
      else evidence.contradictions.set(order, { first: place(), cells: 1 });
    }
  }

  /**
   * The orders that are consistent with the cells: one choice for each reading of the file, usually one.
   * @param receivedAt when the file was received
   * @throws FileError `ambiguous-dates` if cells rule each other's order out
   */
  choices(receivedAt: Date): DateOrders[] {
    const none: DateOrders = { long: null, short: null, serial: null };
    let choices = [none];
    for (const [shape, evidence] of this.shapes) {
      const open = openOrders(shape, evidence, receivedAt);
      choices = choices.flatMap((choice) => open.map((order) => ({ ...choice, [shape]: order })));
    }
    return choices;
  }

  /** Why none of the choices is selected. */
  undecided(choices: readonly DateOrders[]): FileError {
    const [shape, evidence] =
      [...this.shapes].find(([open]) => new Set(choices.map((choice) => choice[open])).size > 1) ?? [];
    const readings = [...(evidence?.undecided.values() ?? [])][0];
    const found = [...(readings ?? [])].map(([order, date]) => `${date} (${nameOfOrder[order]})`);
    const example = evidence?.first && shape ? describeCell(evidence.first) : '';
    return new FileError(
      'ambiguous-dates',
      `Dates such as ${example} may be ${found.join(' or ')}, and no date of the file decides. ${whatToDo}`,
    );
  }
}

function openOrders(shape: OpenShape, evidence: ShapeEvidence, receivedAt: Date): readonly DateOrder[] {
  const { contradictions } = evidence;
  const orders = ordersOfShape[shape];
  const open = orders.filter((order) => !contradictions.has(order));
  if (open.length === 0) throw contradictory(orders, evidence);
  const consecutive = inARow(orders, evidence);
  if (consecutive && !open.includes(consecutive)) throw contradictory(orders, evidence, consecutive);
  // A damaged cell must not decide how the others are read.
  if ([...contradictions.values()].some(({ cells }) => mayBeDamage(cells, evidence.cells)))
    throw contradictory(orders, evidence);
  if (open.length === 1) return open;
  const decided = notYetToCome(open, evidence, receivedAt) ?? consecutive;
  return decided ? [decided] : open;
}

function datesBy(order: DateOrder, { undecided: dates }: ShapeEvidence): string[] {
  return [...new Set([...dates.values()].flatMap((readings) => readings.get(order) ?? []))].sort();
}

function notYetToCome(
  open: readonly DateOrder[],
  evidence: ShapeEvidence,
  receivedAt: Date,
): DateOrder | null {
  const latest = addDays(receivedAt.toISOString().slice(0, 10), 1);
  const possible = open.filter((order) => (datesBy(order, evidence)[0] ?? '') <= latest);
  return possible.length === 1 ? (possible[0] ?? null) : null;
}

function inARow(open: readonly DateOrder[], evidence: ShapeEvidence): DateOrder | null {
  if (evidence.undecided.size >= maxUndecidedDates) return null;
  const neighbours = open.map((order) => {
    const dates = datesBy(order, evidence);
    const pairs = dates.filter((date, i) => i > 0 && addDays(dates[i - 1] ?? date, 1) === date).length;
    return { order, pairs, isRow: dates.length >= minDatesInRow && pairs === dates.length - 1 };
  });
  const row = neighbours.find(({ isRow }) => isRow);
  return row && neighbours.every(({ order, pairs }) => order === row.order || pairs === 0) ? row.order : null;
}

const nameOfOrder: Readonly<Record<DateOrder, string>> = {
  'month-first': 'month before day',
  'day-first': 'day before month',
  'year-first': 'year first',
  'excel-1900': "Excel's days since 1900",
  'excel-1904': "Excel's days since 1904",
};

const whatToDo = 'Write the dates as YYYY-MM-DD and send the file again.';

function contradictory(
  orders: readonly DateOrder[],
  { contradictions, first }: ShapeEvidence,
  consecutive: DateOrder | null = null,
): FileError {
  const found = orders.flatMap((order) => {
    const contradiction = contradictions.get(order);
    return contradiction
      ? [`${describeCell(contradiction.first)} is no date with ${nameOfOrder[order]}`]
      : [];
  });
  if (consecutive) found.push(`the others are days in a row with ${nameOfOrder[consecutive]}`);
  else if (found.length < orders.length && first)
    found.push(`others, such as ${describeCell(first)}, may be`);
  return new FileError(
    'ambiguous-dates',
    `The file writes dates in more than one order: ${found.join('; ')}. ${whatToDo}`,
  );
}
