import type { Day, Series } from './year.ts';

/** A slot's place: column, quarter hour on the wall, value, slot, and which half of the cell it has (0: all of it). */
export type Cell = readonly [day: number, quarter: number, kwh: number, slot: number, half: 0 | 1 | 2];

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

/** The places of the quarter hours that spring forward skips. */
export function skippedCells(days: readonly Day[]): (readonly [day: number, quarter: number])[] {
  return days.flatMap(({ slotCount, quarters }, column) => {
    if (slotCount >= 96) return [];
    const present = new Set(quarters);
    const all = Array.from({ length: 96 }, (_, quarter) => quarter);
    return all.filter((quarter) => !present.has(quarter)).map((quarter) => [column, quarter] as const);
  });
}
