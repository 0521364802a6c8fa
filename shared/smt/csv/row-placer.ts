import type { BlockKey, OpenBlock } from '../../intervals/block-assembler.ts';
import { type ClockDay, clockDay } from '../../intervals/clock.ts';
import { BlockFiller } from '../block-filler.ts';
import type { MemberReading } from '../member-reading.ts';
import { kwhOf } from './cells.ts';
import { copiedString } from './copied-string.ts';
import type { IntervalLayout } from './layout.ts';
import { meterDayName, type ReadingRules } from './reading-rules.ts';
import type { PlacedReading } from './repeated-rows.ts';
import type { ParsedRow } from './row-parser.ts';
import { copiedRow, type Rejection, type Row, type RowRun } from './rows.ts';
import { ChangeDays, type HeldRow } from './time/change-days.ts';
import { datedEnd, usageDateOfEnd } from './time/end-labels.ts';
import type { Label } from './time/labels.ts';
import { locate, ordinarySlot, type Place, rowLengthMinutes, startOfEnd } from './time/locate.ts';

/** Maximum number of rows of clock-change days that wait for the rest of their day. */
const maxHeldRows = 100_000;
/** The same of their texts, in characters: a row may have 64 KB. */
const maxHeldText = 16 * 1024 ** 2;
const slotMinutes = 15;

/** Called with each reading that was put into its slot. */
export type OnPlaced = (key: BlockKey, slot: number, kwh: string, isEstimated: boolean, row: Row) => void;

/** Puts parsed rows into the slots of their blocks: every row into exactly one count. */
export class RowPlacer {
  /** Rows whose start and end are not 15 minutes apart, by their length in minutes. */
  readonly otherLengths = new Map<number, number>();
  /** Rows of the repeated hour whose slot is ambiguous. */
  unresolvedRows = 0;
  /** The reading that the last row put into a free slot, if its labels alone say which; see RepeatedRows. */
  placed: PlacedReading | null = null;
  private readonly layout: IntervalLayout;
  private readonly rejectedDays: ReadingRules['rejectedDays'];
  private readonly reading: MemberReading;
  private readonly filler: BlockFiller;
  private readonly changeDays = new ChangeDays();
  private readonly reject: (row: Row, rejection: Rejection) => void;
  private readonly onPlaced: OnPlaced | undefined;
  private key: BlockKey | undefined;

  constructor(
    { layout, rejectedDays }: ReadingRules,
    reading: MemberReading,
    reject: (row: Row, rejection: Rejection) => void,
    onPlaced?: OnPlaced,
  ) {
    this.layout = layout;
    this.rejectedDays = rejectedDays;
    this.reading = reading;
    this.reject = reject;
    this.onPlaced = onPlaced;
    this.filler = new BlockFiller(reading);
  }

  place(row: Row, { run, label, end, isEstimated }: ParsedRow): void {
    if (run.meter.convention !== 'starts') {
      this.placeEnd(row, run, label, isEstimated);
      return;
    }
    const slot = run.day ? ordinarySlot(run.day, label, end) : -1;
    if (run.day && slot >= 0) {
      const block = this.fill(this.keyOf(run, run.day), row, slot, isEstimated);
      this.placed = block && end && { block, slot, isEstimated };
      return;
    }
    const place = locate(run.date, label, end);
    if (place.kind === 'invalid' && end) this.noteLength(label, end);
    this.placeAt(row, run, place, isEstimated);
  }

  /** Resolves the rows held until the end of their day, and flushes the last blocks. */
  finish(): void {
    this.resolveChangeDays();
    this.filler.finish();
  }

  /** Keeps the held rows within the maximum: days that are most likely complete are resolved first. */
  bound(): void {
    if (!this.holdsTooMuch()) return;
    this.resolveChangeDays((rowCount, day) => rowCount >= day.slotCount);
    if (this.holdsTooMuch()) this.resolveChangeDays();
  }

  private holdsTooMuch(): boolean {
    return this.changeDays.rowCount >= maxHeldRows || this.changeDays.textLength >= maxHeldText;
  }

  private placeEnd(row: Row, run: RowRun, label: Label, isEstimated: boolean): void {
    const end = datedEnd(run.meter.convention, run.date, label);
    if (!end) {
      this.rejectTime(row);
      return;
    }
    if (end.offsetMinutes !== null) {
      this.placeAt(row, run, locate(null, startOfEnd(null, end), null), isEstimated);
      return;
    }
    const usageDate = usageDateOfEnd(end);
    const day = clockDay(usageDate);
    const undated = { ...end, date: null };
    if (day.slotsOfQuarter)
      this.hold(this.keyOf(run, day), { row, label: undated, slots: null, isEstimated });
    else this.placeAt(row, run, locate(usageDate, startOfEnd(usageDate, undated), null), isEstimated);
  }

  private placeAt(row: Row, run: RowRun, place: Place, isEstimated: boolean): void {
    if (place.kind !== 'slots') this.countUnplaced(row, place);
    else if (place.day.slotCount <= 96)
      this.fill(this.keyOf(run, place.day), row, place.slots[0] ?? 0, isEstimated);
    else this.hold(this.keyOf(run, place.day), { row, label: null, slots: place.slots, isEstimated });
  }

  /** The hour that spring forward skips is expected without values. */
  private countUnplaced(row: Row, place: Place): void {
    const isExpected = place.kind === 'nonexistent' && kwhOf(row.cells[this.layout.kwh] ?? '') === '';
    if (isExpected) this.reading.tally.counts.nonexistentHour++;
    else this.rejectTime(row);
  }

  private rejectTime(row: Row): void {
    const { start, end } = this.layout;
    this.reject(row, { reason: 'invalid-timestamp', column: start >= 0 ? start : end });
  }

  private noteLength(start: Label, end: Label): void {
    const minutes = rowLengthMinutes(start, end);
    if (minutes !== slotMinutes) this.otherLengths.set(minutes, (this.otherLengths.get(minutes) ?? 0) + 1);
  }

  private hold(key: BlockKey, held: HeldRow): void {
    this.changeDays.hold(key, { ...held, row: copiedRow(held.row, this.layout.delimiter) });
  }

  private resolveChangeDays(isDue?: (rowCount: number, day: ClockDay) => boolean): void {
    for (const { key, held, place } of this.changeDays.release(this.layout, isDue)) {
      if (place.kind === 'slots') this.fill(key, held.row, place.slots[0] ?? 0, held.isEstimated);
      else {
        if (place.kind === 'invalid') this.unresolvedRows++;
        this.countUnplaced(held.row, place);
      }
    }
  }

  private keyOf({ esiid, channel, revisedAt }: RowRun, day: ClockDay): BlockKey {
    const { key } = this;
    const isSame =
      key?.day === day && key.esiid === esiid && key.revisedAt === revisedAt && key.channel === channel;
    if (isSame) return key;
    this.key = { esiid, channel, day, revisedAt };
    return this.key;
  }

  /**
   * A row whose slot is known: its value is placed, missing, or invalid.
   * @returns the block, if its slot was free
   */
  private fill(key: BlockKey, row: Row, slot: number, isEstimated: boolean): OpenBlock | null {
    const rejection = this.rejectedDays.size > 0 ? this.rejectedDays.get(meterDayName(key)) : undefined;
    if (rejection) {
      this.reject(row, rejection);
      return null;
    }
    const kwh = kwhOf(row.cells[this.layout.kwh] ?? '');
    if (kwh === null || kwh === '') {
      this.filler.skip(key);
      if (kwh === null) this.reject(row, { reason: 'invalid-kwh', column: this.layout.kwh });
      else this.reading.tally.counts.missingKwh++;
      return null;
    }
    if (this.layout.meter >= 0) this.filler.open(key).meter ??= meterOf(row.cells[this.layout.meter] ?? '');
    const outcome = this.filler.place(key, slot, kwh, isEstimated);
    this.onPlaced?.(key, slot, kwh, isEstimated, row);
    return outcome === 'new' ? this.filler.open(key) : null;
  }
}

function meterOf(cell: string): string | null {
  return copiedString(cell.trim().slice(0, 100)) || null;
}
