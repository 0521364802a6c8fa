import type { Day, Series } from './slots.ts';

/** A slot's place: column, quarter hour on the wall, value, slot, and which half of the cell it has (0: all of it). */
export type Cell = readonly [day: number, quarter: number, kwh: number, slot: number, half: 0 | 1 | 2];

/** Cells of a column that follow each other and are marked alike. */
export type Run = readonly [day: number, quarter: number, cellCount: number];

/** Where each value of a series stands. */
export function cellsOf(days: readonly Day[], { kwh }: Series): Cell[] {
  const cells: Cell[] = [];
  days.forEach(({ firstSlot, slotCount, quarters }, column) => {
    const seen = new Set<number>();
    const repeated = slotCount > 96 ? repeatedQuarters(quarters) : new Set<number>();
    quarters.forEach((quarter, index) => {
      const value = kwh[firstSlot + index];
      const half = repeated.has(quarter) ? (seen.has(quarter) ? 2 : 1) : 0;
      seen.add(quarter);
      if (value != null) cells.push([column, quarter, Number(value), firstSlot + index, half]);
    });
  });
  return cells;
}

function repeatedQuarters(quarters: readonly number[]): ReadonlySet<number> {
  return new Set(quarters.filter((quarter, index) => quarters.indexOf(quarter) !== index));
}

/** The quarter hours that spring forward skips. */
export function skippedRuns(days: readonly Day[]): Run[] {
  return runsOf(days, (day) => {
    const present = new Set(day.quarters);
    return (quarter) => day.slotCount < 96 && !present.has(quarter);
  });
}

/** The quarter hours without any value. */
export function missingRuns(days: readonly Day[], { kwh }: Series): Run[] {
  return runsOf(days, (day) => {
    const present = quartersWhere(day, (slot) => kwh[slot] != null);
    const existing = new Set(day.quarters);
    return (quarter) => existing.has(quarter) && !present.has(quarter);
  });
}

/** The quarter hours that have an estimate. */
export function estimatedRuns(days: readonly Day[], { estimated }: Series): Run[] {
  return runsOf(days, (day) => {
    const marked = quartersWhere(day, (slot) => estimated[slot] === true);
    return (quarter) => marked.has(quarter);
  });
}

function quartersWhere(
  { firstSlot, quarters }: Day,
  isMeant: (slot: number) => boolean,
): ReadonlySet<number> {
  return new Set(quarters.filter((_, index) => isMeant(firstSlot + index)));
}

function runsOf(days: readonly Day[], markOf: (day: Day) => (quarter: number) => boolean): Run[] {
  return days.flatMap((day, column) => {
    const isMarked = markOf(day);
    const runs: [number, number, number][] = [];
    for (let quarter = 0; quarter < 96; quarter++) {
      if (!isMarked(quarter)) continue;
      const last = runs.at(-1);
      if (last && last[1] + last[2] === quarter) last[2] += 1;
      else runs.push([column, quarter, 1]);
    }
    return runs;
  });
}
