import type { BlockKey } from '../../../intervals/block-assembler.ts';
import type { ClockDay } from '../../../intervals/clock.ts';
import type { IntervalLayout } from '../layout.ts';
import type { Row } from '../rows.ts';
import { startsOfEnds } from './end-labels.ts';
import type { Label } from './labels.ts';
import { locate, type Place } from './locate.ts';
import { resolveRepeatedHour } from './repeated-hour.ts';

/** A row of a clock-change day that waits for the others. */
export interface HeldRow {
  readonly row: Row;
  readonly isEstimated: boolean;
  /** Slots its start can mean: one, or two in the repeated hour; null where its label is an end. */
  readonly slots: readonly number[] | null;
  /** The label of its end, if it has no other. */
  readonly label: Label | null;
}

interface HeldDay {
  readonly key: BlockKey;
  readonly rows: HeldRow[];
}

/** A row of a clock-change day and its place: one slot, or none. */
export interface ResolvedRow {
  readonly key: BlockKey;
  readonly held: HeldRow;
  readonly place: Place;
}

const nowhere: Place = { kind: 'invalid' };

/**
 * Rows of clock-change days, held until their day's end, since only their order distinguishes the two passes through the
 * repeated hour, and only a complete day the ends that a clock shows at the change.
 */
export class ChangeDays {
  rowCount = 0;
  /** Length of their texts together. */
  textLength = 0;
  private readonly days = new Map<string, HeldDay>();

  hold(key: BlockKey, held: HeldRow): void {
    const name = `${key.esiid} ${key.channel} ${key.day.date} ${key.revisedAt}`;
    let day = this.days.get(name);
    if (!day) {
      day = { key, rows: [] };
      this.days.set(name, day);
    }
    day.rows.push(held);
    this.rowCount++;
    this.textLength += held.row.text.length;
  }

  /** Returns the rows of the days that are due, in file order. */
  *release(
    layout: IntervalLayout,
    isDue: (rowCount: number, day: ClockDay) => boolean = () => true,
  ): Generator<ResolvedRow> {
    for (const [name, held] of this.days) {
      if (!isDue(held.rows.length, held.key.day)) continue;
      this.days.delete(name);
      this.rowCount -= held.rows.length;
      for (const { row } of held.rows) this.textLength -= row.text.length;
      yield* resolve(held, layout);
    }
  }
}

function resolve({ key, rows }: HeldDay, layout: IntervalLayout): ResolvedRow[] {
  const places = placesOf(key.day, rows);
  const candidates = rows.flatMap((held, index) => {
    const place = places[index] ?? nowhere;
    return place.kind === 'slots' ? [{ index, slots: place.slots, text: textOf(held.row, layout) }] : [];
  });
  const hasRepeatedHour = key.day.slotCount > 96;
  const resolved = hasRepeatedHour
    ? resolveRepeatedHour(key.day, candidates)
    : candidates.map((row) => row.slots[0]);
  const slots = new Map(candidates.map(({ index }, i) => [index, resolved[i] ?? null]));
  return rows.map((held, index) => {
    const place = places[index] ?? nowhere;
    if (place.kind !== 'slots') return { key, held, place };
    const slot = slots.get(index) ?? null;
    return { key, held, place: slot === null ? nowhere : { ...place, slots: [slot] } };
  });
}

/** The slots of the labels, each on its own, except ends that need the whole day. */
function placesOf(day: ClockDay, rows: readonly HeldRow[]): Place[] {
  const ends = rows.flatMap(({ label }) => label ?? []);
  const starts = startsOfEnds(day.date, ends);
  let end = 0;
  return rows.map(({ slots, label }) => {
    if (slots) return { kind: 'slots', day, slots };
    const start = label && starts[end++];
    return start ? locate(day.date, start, null) : nowhere;
  });
}

function textOf({ cells }: Row, { start, end, kwh, flag }: IntervalLayout): string {
  return [start, end, kwh, flag].map((column) => cells[column] ?? '').join('|');
}
