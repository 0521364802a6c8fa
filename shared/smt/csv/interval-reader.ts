import type { FileError } from '../../archive/file-error.ts';
import type { IntervalBlock } from '../../intervals/block.ts';
import {
  BlockAssembler,
  type BlockKey,
  maxLayers,
  type OpenBlock,
  placeReading,
} from '../../intervals/block-assembler.ts';
import { type ClockDay, clockDay } from '../../intervals/clock.ts';
import { parseEsiid } from '../../intervals/esiid.ts';
import type { RejectReason } from '../../intervals/row-counts.ts';
import type { MemberReading } from '../member-reading.ts';
import type { RowTally } from '../row-tally.ts';
import { channelOf, dateOf, isEstimated, kwhOf, labelOf, revisionOf } from './cells.ts';
import { copiedString } from './copied-string.ts';
import { splitLines } from './csv.ts';
import type { IntervalLayout } from './header.ts';
import type { LineChunk } from './line-chunks.ts';
import { copiedRow, type Row, type Stretch } from './rows.ts';
import { EndOnlyRows, type ReleasedRow } from './time/end-only-rows.ts';
import { HeldDays } from './time/held-days.ts';
import { IntervalLengthCheck } from './time/interval-length.ts';
import { type Label, locate, ordinarySlot } from './time/locate.ts';

/** Rows held back because only what follows tells their slots; beyond it those are settled that are most likely whole. */
const maxHeldRows = 100_000;
/** So many rows of an end-only file wait before those are settled that tell what their labels mean. */
const endOnlyStep = 20_000;
/** An end-only file of one meter tells by its first and last row: eleven years of it are held. */
const maxHeldEndOnlyRows = 400_000;

/** Reads the data rows of one interval file: every row into exactly one count, every reading into its block. */
export class IntervalReader {
  private readonly layout: IntervalLayout;
  private readonly reading: MemberReading;
  private readonly tally: RowTally;
  private readonly assembler: BlockAssembler;
  private readonly endOnly: EndOnlyRows | null;
  private endOnlyBound = endOnlyStep;
  private readonly heldDays: HeldDays;
  private readonly raster: IntervalLengthCheck | null;
  private stretch: Stretch | undefined;
  private key: BlockKey | undefined;
  private block: OpenBlock | undefined;
  private sawBlankRevision = false;

  constructor(layout: IntervalLayout, reading: MemberReading) {
    this.layout = layout;
    this.reading = reading;
    this.tally = reading.tally;
    this.heldDays = new HeldDays(layout);
    const hasStart = layout.start >= 0 || layout.timestamp >= 0;
    this.endOnly = hasStart ? null : new EndOnlyRows();
    this.raster = hasStart && layout.end >= 0 ? null : new IntervalLengthCheck();
    const emit = (block: IntervalBlock): void => {
      this.raster?.add(block);
      reading.add(block);
    };
    this.assembler = new BlockAssembler(emit, reading.options.maxOpenBlocks);
  }

  /** After its end: why its readings are no 15-minute intervals, null if they are. */
  get refusal(): FileError | null {
    return this.raster?.refusal() ?? null;
  }

  /** Reads lines. @param from index of the first that is data */
  read(chunk: LineChunk, from: number): void {
    const { lines, firstLine, isOverlong } = chunk;
    const fieldsOf = isOverlong ? () => null : splitLines(lines, this.layout.delimiter);
    for (let i = from; i < lines.length; i++) {
      const cells = fieldsOf(i);
      if (cells && isBlank(cells)) continue;
      this.tally.counts.rowsRead++;
      const row = { cells: cells ?? [], lineNumber: firstLine + i, text: lines[i] ?? '' };
      this.rejectFor(row, this.hasItsColumns(row.cells) ? this.readRow(row) : 'invalid-row');
    }
    this.boundHeldRows();
  }

  /** Settles what waited for the file's end, and lets the last blocks go. */
  finish(): void {
    this.settleEndOnly(this.endOnly?.releaseAll(true));
    this.settleHeldDays();
    this.assembler.finish();
    this.reading.isRecountNeeded = this.assembler.isRecountNeeded;
    this.reading.isSelfContained =
      this.layout.esiid >= 0 && this.layout.revision >= 0 && !this.sawBlankRevision;
  }

  private boundHeldRows(): void {
    if (this.heldDays.rowCount >= maxHeldRows) {
      this.settleHeldDays((rowCount, day) => rowCount >= day.slotCount);
      if (this.heldDays.rowCount >= maxHeldRows) this.settleHeldDays();
    }
    if (this.endOnly && this.endOnly.count >= this.endOnlyBound) {
      this.settleEndOnly(this.endOnly.releaseDecided());
      if (this.endOnly.count >= maxHeldEndOnlyRows) this.settleEndOnly(this.endOnly.releaseAll(false));
      this.endOnlyBound = this.endOnly.count + endOnlyStep;
    }
  }

  private hasItsColumns(cells: readonly string[]): boolean {
    const { columnCount } = this.layout;
    return cells.length === columnCount || (cells.length > columnCount && isBlank(cells.slice(columnCount)));
  }

  private cell(row: Row, column: number): string {
    return row.cells[column] ?? '';
  }

  /** @returns why the row cannot be used; null when it was counted, placed or held */
  private readRow(row: Row): RejectReason | null {
    const { layout } = this;
    const stretch = this.stretchOf(row);
    if (stretch.esiid === null) return 'invalid-esiid';
    if (stretch.channel === null || isEstimated(this.cell(row, layout.flag)) === null) return 'invalid-row';
    if (stretch.revisedAt === undefined || (layout.date >= 0 && stretch.date === null))
      return 'invalid-timestamp';
    const end = layout.end >= 0 ? labelOf(this.cell(row, layout.end)) : null;
    if (layout.end >= 0 && !end) return 'invalid-timestamp';
    if (this.endOnly && end) {
      this.endOnly.hold(copiedRow(row, layout.delimiter), stretch, end);
      return null;
    }
    const start = labelOf(this.cell(row, layout.start >= 0 ? layout.start : layout.timestamp));
    return start ? this.placeRow(row, stretch, start, end) : 'invalid-timestamp';
  }

  private stretchOf(row: Row): Stretch {
    const { layout } = this;
    const esiid = this.cell(row, layout.esiid);
    const channel = this.cell(row, layout.channel);
    const revision = this.cell(row, layout.revision);
    const date = this.cell(row, layout.date);
    if (this.stretch) {
      const [heldEsiid, heldChannel, heldRevision, heldDate] = this.stretch.cells;
      if (heldDate === date && heldEsiid === esiid && heldRevision === revision && heldChannel === channel)
        return this.stretch;
    }
    const revisedAt = revisionOf(revision);
    const civilDate = dateOf(date);
    if (revisedAt === null) this.sawBlankRevision = true;
    this.stretch = {
      cells: [copiedString(esiid), copiedString(channel), copiedString(revision), copiedString(date)],
      esiid: layout.esiid < 0 ? this.reading.options.esiidHint : parseEsiid(copiedString(esiid)),
      channel: layout.channel < 0 ? 'consumption' : channelOf(channel),
      revisedAt,
      date: civilDate,
      day: civilDate === null ? null : clockDay(civilDate),
    };
    return this.stretch;
  }

  private placeRow(row: Row, stretch: Stretch, start: Label, end: Label | null): RejectReason | null {
    const slot = stretch.day ? ordinarySlot(stretch.day, start, end) : -1;
    if (stretch.day && slot >= 0) return this.settle(this.keyOf(stretch, stretch.day), row, slot);
    const place = locate(stretch.date, start, end);
    if (place.kind === 'slots') {
      const key = this.keyOf(stretch, place.day);
      if (place.day.slotCount <= 96) return this.settle(key, row, place.slots[0] ?? 0);
      this.heldDays.hold(key, row, place.slots);
      return null;
    }
    if (place.kind === 'invalid' || kwhOf(this.cell(row, this.layout.kwh)) !== '') return 'invalid-timestamp';
    this.tally.counts.nonexistentHour++;
    return null;
  }

  private keyOf({ esiid, channel, revisedAt }: Stretch, day: ClockDay): BlockKey {
    const { key } = this;
    const isSame =
      key?.day === day && key.esiid === esiid && key.revisedAt === revisedAt && key.channel === channel;
    if (isSame) return key;
    this.key = { esiid: esiid ?? '', channel: channel ?? 'consumption', day, revisedAt: revisedAt ?? null };
    return this.key;
  }

  private settleHeldDays(isDue?: (rowCount: number, day: ClockDay) => boolean): void {
    for (const { key, row, slot } of this.heldDays.release(isDue)) {
      this.rejectFor(row, slot === null ? 'invalid-timestamp' : this.settle(key, row, slot));
    }
  }

  private settleEndOnly(rows: readonly ReleasedRow[] = []): void {
    for (const { row, stretch, start } of rows) {
      this.rejectFor(row, start ? this.placeRow(row, stretch, start, null) : 'invalid-timestamp');
    }
  }

  /** A row whose slot is known: its value is placed, missing, or no value at all. */
  private settle(key: BlockKey, row: Row, slot: number): RejectReason | null {
    const { counts } = this.tally;
    const kwh = kwhOf(this.cell(row, this.layout.kwh));
    const block = this.blockOf(key);
    if (kwh === null || kwh === '') {
      block.rows++;
      if (kwh === null) return 'invalid-kwh';
      counts.missingKwh++;
      return null;
    }
    const outcome = placeReading(block, slot, kwh, isEstimated(this.cell(row, this.layout.flag)) ?? false);
    if (this.layout.meter >= 0) block.meter ??= meterOf(this.cell(row, this.layout.meter));
    if (outcome === 'new') {
      block.rows++;
      counts.intervalsRead++;
    } else if (outcome === 'duplicate') counts.duplicateRows++;
    else counts.conflictingRows++;
    return null;
  }

  private rejectFor(row: Row, reason: RejectReason | null): void {
    if (reason) this.tally.reject(reason, row.lineNumber, row.text);
  }

  private blockOf(key: BlockKey): OpenBlock {
    const { block } = this;
    if (block && !block.emitted) {
      if (block.key === key && block.layers.length < maxLayers) return block;
      this.assembler.leave(block);
    }
    this.block = this.assembler.block(key);
    return this.block;
  }
}

function meterOf(cell: string): string | null {
  return copiedString(cell.trim().slice(0, 100)) || null;
}

function isBlank(cells: readonly string[]): boolean {
  return cells[0]?.trim() === '' && cells.every((cell) => cell.trim() === '');
}
