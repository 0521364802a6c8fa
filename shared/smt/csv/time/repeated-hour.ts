import type { ClockDay } from '../../../intervals/clock.ts';

/**
 * The hour that fall back repeats: labels 01:00 to 01:45 name two slots each, and only the rest of the file shows which.
 * SMT writes the day in order, the second 01:00 under the start label 02:00; other tools write the two hours
 * interleaved, or a suffix. Order is trusted if the rest of the day is in order; rows that cannot be distinguished
 * stay unresolved (smt-format, "Daylight saving").
 */
export interface DayRow {
  /** Slots its labels can mean: one, or two in the repeated hour, the earlier first. */
  readonly slots: readonly number[];
  /** Equal for rows with exactly the same content. */
  readonly text: string;
}

interface Hour {
  /** First slot of the first pass through the hour, first slot of the second, and the slot after it. */
  readonly first: number;
  readonly second: number;
  readonly end: number;
}

function repeatedHour(day: ClockDay): Hour {
  const pairs = (day.slotsOfQuarter ?? []).filter((slots) => slots.length === 2);
  const first = pairs[0]?.[0] ?? 0;
  const second = pairs[0]?.[1] ?? 0;
  return { first, second, end: second + pairs.length };
}

/**
 * Decides the slot of every row of a fall-back day.
 * @param rows the rows of one ESIID, channel, date and revision, in file order
 * @returns one slot a row; null for a row that cannot be resolved
 */
export function resolveRepeatedHour(day: ClockDay, rows: readonly DayRow[]): (number | null)[] {
  const hour = repeatedHour(day);
  const slots = rows.map((row) => (row.slots.length === 1 ? (row.slots[0] ?? null) : null));
  const inOrder = rows.map((_, index) => index);
  const isReversed = isDescending(hour, rows);
  if (isReversed) inOrder.reverse();
  if (isOrdered(hour, rows, inOrder)) {
    for (const pass of passes(hour, rows, inOrder)) resolvePass(hour, rows, slots, pass, isReversed);
  }
  resolveDuplicateRows(rows, slots);
  return slots;
}

/** Slot of a row outside the repeated hour; only these rows show how the file is ordered. */
function anchor(hour: Hour, row: DayRow | undefined): number | null {
  const slot = row?.slots.length === 1 ? (row.slots[0] ?? null) : null;
  return slot === null || (slot >= hour.first && slot < hour.end) ? null : slot;
}

/** Steps from row to row: 1 forward, -1 back, 0 within the repeated hour. */
function stepsOf(hour: Hour, rows: readonly DayRow[], order: readonly number[]): number[] {
  const places = order.map((index) => anchor(hour, rows[index]) ?? hour.first);
  return places.map((place, i) => Math.sign(place - (places[i - 1] ?? place)));
}

function isDescending(hour: Hour, rows: readonly DayRow[]): boolean {
  const sum = (steps: readonly number[]): number => steps.reduce((total, step) => total + step, 0);
  const inOrder = rows.map((_, index) => index);
  const balance = sum(stepsOf(hour, rows, inOrder));
  if (balance !== 0 || rows.some((row) => anchor(hour, row) !== null)) return balance < 0;
  const quarters = rows.map((row) => quarter(hour, row));
  return sum(quarters.map((value, i) => Math.sign(value - (quarters[i - 1] ?? value)))) < 0;
}

/** Whether the day is in order, apart from a few strays and whole repetitions; otherwise order is no evidence. */
function isOrdered(hour: Hour, rows: readonly DayRow[], inOrder: readonly number[]): boolean {
  const stepsBack = stepsOf(hour, rows, inOrder).filter((step) => step < 0).length;
  return stepsBack * 8 <= rows.length + 8;
}

/**
 * Cuts the rows into passes, each in time order: a file may hold the day twice, one after the other. A single row
 * that steps back (a stray duplicate) does not end a pass; two in a row do.
 */
function passes(hour: Hour, rows: readonly DayRow[], inOrder: readonly number[]): number[][] {
  const anchored = inOrder.filter((index) => anchor(hour, rows[index]) !== null);
  const result: number[][] = [];
  let pass: number[] = [];
  let latest = -1;
  let anchorsSeen = 0;
  for (const index of inOrder) {
    const slot = anchor(hour, rows[index]);
    if (slot !== null) {
      const next = anchor(hour, rows[anchored[++anchorsSeen] ?? -1]);
      if (slot <= latest && (next === null || next > latest)) continue; // a stray: its slot is known anyway
      if (slot <= latest) {
        result.push(pass);
        pass = [];
      }
      latest = slot;
    }
    pass.push(index);
  }
  result.push(pass);
  return result;
}

/** Maximum number of rows of the hour, which has eight: order cannot resolve many times more. */
const maxRegion = 48;

/** Resolves the rows of the hour within one pass, writing into slots. */
function resolvePass(
  hour: Hour,
  rows: readonly DayRow[],
  slots: (number | null)[],
  pass: readonly number[],
  isReversed: boolean,
): void {
  const isHour = (index: number): boolean => anchor(hour, rows[index]) === null;
  const after = pass.findLastIndex((index) => (anchor(hour, rows[index]) ?? Infinity) < hour.first);
  const before = pass.findIndex((index) => (anchor(hour, rows[index]) ?? -1) >= hour.end);
  const region = pass.slice(after + 1, before < 0 ? undefined : before).filter(isHour);
  if (region.length > maxRegion) return;
  const items = dropDuplicateRows(hour, rows, region);
  const turns = turnsOf(hour, rows, items);
  const decide: Decide = (index, occurrence) => {
    slots[index] ??= rows[index]?.slots[occurrence] ?? null;
  };
  if (turns.length === 1) {
    const [first, second] = [items.slice(0, turns[0]), items.slice(turns[0])];
    resolveHalf(hour, rows, { half: first, other: second, occurrence: 0 }, decide);
    resolveHalf(hour, rows, { half: second, other: first, occurrence: 1 }, decide);
  } else if (turns.length === 0) {
    resolveWithoutTurn(hour, rows, items, decide, isReversed);
  }
}

type Decide = (index: number, occurrence: 0 | 1) => void;

/** Rows before the labels step back are the first pass through the hour, rows after it the second. */
interface Half {
  readonly half: readonly number[];
  readonly other: readonly number[];
  readonly occurrence: 0 | 1;
}

/**
 * A day sorted by its labels is different: one half has quarters of both passes, twice, and the other half lacks them (only
 * SMT's `02:00,01:15` is sorted after the hour). Two equal rows are then a reading of each pass. Different ones cannot be
 * assigned to a pass, nor can a single one.
 */
function resolveHalf(
  hour: Hour,
  rows: readonly DayRow[],
  { half, other, occurrence }: Half,
  decide: Decide,
): void {
  const ofOther = new Set(other.map((index) => quarter(hour, rows[index])));
  const groups = [...Map.groupBy(half, (index) => quarter(hour, rows[index]))];
  // Rows of a quarter that the other half has too are copies; then so are those of one it lacks, since the hour was cut off.
  const hasCopies = groups.some(([value, group]) => group.length > 1 && ofOther.has(value));
  const isSorted = !hasCopies && groups.some(([value, group]) => group.length > 1 && !ofOther.has(value));
  for (const [value, group] of groups) {
    const [first = -1, second = -1] = group;
    if (!isAlike(rows, group)) continue;
    if (ofOther.has(value) || (!isSorted && group.length <= 2)) {
      for (const index of group) decide(index, occurrence);
    } else if (group.length === 2) {
      decide(first, 0);
      decide(second, 1);
    }
  }
}

/** Whether rows of one quarter are equal; otherwise they are ambiguous. */
function isAlike(rows: readonly DayRow[], group: readonly number[]): boolean {
  return new Set(group.map((index) => rows[index]?.text)).size === 1;
}

/**
 * No label steps back: either the two hours are interleaved, pair by pair, or a resolved row shows where the second begins.
 * @param isReversed whether the newest row is first: then a sort may have left the pairs as they were, the first pass
 *   before the second, or the file has each pair reversed too
 */
function resolveWithoutTurn(
  hour: Hour,
  rows: readonly DayRow[],
  items: readonly number[],
  decide: Decide,
  isReversed: boolean,
): void {
  const byQuarter = Map.groupBy(items, (index) => quarter(hour, rows[index]));
  for (const pair of byQuarter.values()) {
    const [first, second] = pair;
    if (isReversed && !isAlike(rows, pair)) continue;
    if (pair.length === 2 && first !== undefined && second !== undefined) {
      decide(first, 0);
      decide(second, 1);
    }
  }
  const isSecond = (index: number): boolean =>
    rows[index]?.slots.length === 1 && (rows[index]?.slots[0] ?? 0) >= hour.second;
  const begin = items.findIndex(isSecond);
  if (begin < 0) return;
  const rest = items.slice(begin);
  if (new Set(rest.map((index) => quarter(hour, rows[index]))).size === rest.length) {
    for (const index of rest) decide(index, 1);
  }
}

/** Quarter within the hour, whichever pass through it. */
function quarter(hour: Hour, row: DayRow | undefined): number {
  const slot = row?.slots[0] ?? 0;
  return slot < hour.second ? slot - hour.first : slot - hour.second;
}

/** Positions at which the labels step back: where the hour starts again. */
function turnsOf(hour: Hour, rows: readonly DayRow[], items: readonly number[]): number[] {
  const turns: number[] = [];
  for (let i = 1; i < items.length; i++) {
    if (quarter(hour, rows[items[i] ?? 0]) < quarter(hour, rows[items[i - 1] ?? 0])) turns.push(i);
  }
  return turns;
}

/** Removes exact duplicates of earlier rows, as long as that leaves fewer steps back. */
function dropDuplicateRows(hour: Hour, rows: readonly DayRow[], region: readonly number[]): number[] {
  let items = [...region];
  for (let turns = turnsOf(hour, rows, items).length; turns > 1; ) {
    const duplicate = items.findIndex((index, at) => {
      const isDuplicate = items.slice(0, at).some((earlier) => rows[earlier]?.text === rows[index]?.text);
      return isDuplicate && turnsOf(hour, rows, items.toSpliced(at, 1)).length < turns;
    });
    if (duplicate < 0) break;
    items = items.toSpliced(duplicate, 1);
    turns = turnsOf(hour, rows, items).length;
  }
  return items;
}

/**
 * An unresolved row that is equal to a resolved one is its duplicate if both passes have a reading; otherwise it may be
 * the other pass's.
 */
function resolveDuplicateRows(rows: readonly DayRow[], slots: (number | null)[]): void {
  const slotOfText = new Map<string, number>();
  const taken = new Set(slots);
  rows.forEach(({ text }, index) => {
    const slot = slots[index] ?? null;
    if (slot !== null && !slotOfText.has(text)) slotOfText.set(text, slot);
  });
  rows.forEach(({ text, slots: possible }, index) => {
    if (possible.every((slot) => taken.has(slot))) slots[index] ??= slotOfText.get(text) ?? null;
  });
}
