import type { BlockKey } from '../../../intervals/block-assembler.ts';
import type { ClockDay } from '../../../intervals/clock.ts';
import type { IntervalLayout } from '../header.ts';
import { copiedRow, type Row } from '../rows.ts';
import { resolveRepeatedHour } from './repeated-hour.ts';

interface HeldDay {
  readonly key: BlockKey;
  readonly rows: { readonly row: Row; readonly slots: readonly number[] }[];
}

/** A row of a fall-back day with its slot, null if nothing tells it. */
export interface SettledRow {
  readonly key: BlockKey;
  readonly row: Row;
  readonly slot: number | null;
}

/** Rows of fall-back days that wait for their day's end, since only their order tells the repeated hour apart. */
export class HeldDays {
  rowCount = 0;
  private readonly layout: IntervalLayout;
  private readonly days = new Map<string, HeldDay>();

  constructor(layout: IntervalLayout) {
    this.layout = layout;
  }

  /** @param slots those its labels can mean: one, or two in the repeated hour */
  hold(key: BlockKey, row: Row, slots: readonly number[]): void {
    const name = `${key.esiid} ${key.channel} ${key.day.date} ${key.revisedAt}`;
    let held = this.days.get(name);
    if (!held) {
      held = { key, rows: [] };
      this.days.set(name, held);
    }
    held.rows.push({ row: copiedRow(row, this.layout.delimiter), slots });
    this.rowCount++;
  }

  /** Gives back the rows of the days that are due, in file order. */
  *release(isDue: (rowCount: number, day: ClockDay) => boolean = () => true): Generator<SettledRow> {
    for (const [name, held] of this.days) {
      if (!isDue(held.rows.length, held.key.day)) continue;
      this.days.delete(name);
      this.rowCount -= held.rows.length;
      yield* this.settle(held);
    }
  }

  private settle({ key, rows }: HeldDay): SettledRow[] {
    const { start, end, timestamp, kwh, flag } = this.layout;
    const dayRows = rows.map(({ row: { cells }, slots }) => ({
      slots,
      text: [start, end, timestamp, kwh, flag].map((column) => cells[column] ?? '').join('|'),
    }));
    const slots = resolveRepeatedHour(key.day, dayRows);
    return rows.map(({ row }, index) => ({ key, row, slot: slots[index] ?? null }));
  }
}
