import type { RejectReason } from './account.ts';
import {
  type AssemblerTotals,
  BlockAssembler,
  type BlockKey,
  type OpenBlock,
  placeReading,
} from './assembler.ts';
import type { IntervalBlock } from './block.ts';
import { channelOf, dateOf, isEstimated, kwhOf, labelOf } from './cells.ts';
import type { RecordBatch } from './csv.ts';
import { EndOnlyRows } from './end-only-rows.ts';
import { parseEsiid } from './esiid.ts';
import type { IntervalLayout } from './header.ts';
import { parseRevision } from './labels.ts';
import { type Label, locate } from './locate.ts';
import { resolveRepeatedHour } from './repeated-hour.ts';
import type { RowAccount } from './row-account.ts';
import type { Row, Stretch } from './rows.ts';

/** Rows held back because only what follows tells their slots; beyond it they are settled by what is known. */
const maxHeldRows = 100_000;

/** Rows of one meter-day that wait for its end, since only their order tells the repeated hour apart. */
interface HeldDay {
  readonly key: BlockKey;
  readonly rows: { readonly row: Row; readonly slots: readonly number[] }[];
}

export interface IntervalReaderOptions {
  readonly layout: IntervalLayout;
  /** ESIID of a file without an ESIID column; of no effect where there is one. */
  readonly esiidHint: string | null;
  readonly account: RowAccount;
  readonly emit: (block: IntervalBlock) => void;
  /** Upper bound of blocks that wait for more rows. */
  readonly maxOpenBlocks?: number;
}

/** Reads the data rows of one interval file: every row into exactly one count, every reading into its block. */
export class IntervalReader {
  private readonly layout: IntervalLayout;
  private readonly esiidHint: string | null;
  private readonly account: RowAccount;
  private readonly assembler: BlockAssembler;
  private readonly endOnly: EndOnlyRows | null;
  private readonly heldDays = new Map<string, HeldDay>();
  private heldRows = 0;
  private stretch: Stretch | undefined;
  private block: OpenBlock | undefined;
  private sawBlankRevision = false;
  readonly esiids = new Set<string>();

  constructor(options: IntervalReaderOptions) {
    this.layout = options.layout;
    this.esiidHint = options.esiidHint;
    this.account = options.account;
    this.assembler = new BlockAssembler(options.emit, options.maxOpenBlocks);
    const { start, end, timestamp } = options.layout;
    this.endOnly = end >= 0 && start < 0 && timestamp < 0 ? new EndOnlyRows() : null;
  }

  get totals(): AssemblerTotals {
    return this.assembler.totals;
  }

  /** Whether its rows say everything about where they belong: meter and revision included. */
  get selfContained(): boolean {
    return this.layout.esiid >= 0 && this.layout.revision >= 0 && !this.sawBlankRevision;
  }

  /** Reads records. @param from index of the first that is data */
  read(batch: RecordBatch, from: number): void {
    const { records, broken } = batch;
    for (let i = from; i < records.length; i++) {
      const record = records[i] ?? [];
      const isBroken = broken.size > 0 && broken.has(i);
      if (!isBroken && isBlank(record)) continue;
      this.account.counts.rowsRead++;
      const lineNumber = batch.firstLine + i;
      const row: Row = { record, lineNumber, text: () => batch.lineText(i) };
      this.rejectFor(row, isBroken || !this.hasItsColumns(record) ? 'invalidRow' : this.readRow(row));
    }
    if (this.heldRows >= maxHeldRows) {
      this.settleHeldDays((held) => held.rows.length >= held.key.day.slotCount);
      if (this.heldRows >= maxHeldRows) this.settleHeldDays();
    }
    if (this.endOnly && this.endOnly.count >= maxHeldRows) this.settleEndOnly();
  }

  /** Settles what waited for the file's end, and lets the last blocks go. */
  finish(): void {
    this.settleEndOnly();
    this.settleHeldDays();
    this.assembler.finish();
  }

  private hasItsColumns(record: readonly string[]): boolean {
    const { columnCount } = this.layout;
    return (
      record.length === columnCount || (record.length > columnCount && isBlank(record.slice(columnCount)))
    );
  }

  private cell(record: readonly string[], column: number): string {
    return column < 0 ? '' : (record[column] ?? '');
  }

  /** @returns why the row cannot be used; null when it was counted, placed or held */
  private readRow(row: Row): RejectReason | null {
    const { record } = row;
    const { layout } = this;
    const stretch = this.stretchOf(record);
    if (stretch.esiid === null) return 'invalidEsiid';
    if (stretch.channel === null || isEstimated(this.cell(record, layout.flag)) === null) return 'invalidRow';
    if (stretch.revisedAt === undefined || (layout.date >= 0 && stretch.date === null))
      return 'invalidTimestamp';
    const end = layout.end >= 0 ? labelOf(this.cell(record, layout.end)) : null;
    if (layout.end >= 0 && !end) return 'invalidTimestamp';
    if (this.endOnly && end) {
      this.endOnly.hold(row, stretch, end);
      return null;
    }
    const start = labelOf(this.cell(record, layout.start >= 0 ? layout.start : layout.timestamp));
    return start ? this.placeRow(row, stretch, start, end) : 'invalidTimestamp';
  }

  private stretchOf(record: readonly string[]): Stretch {
    const { layout } = this;
    const esiid = this.cell(record, layout.esiid);
    const channel = this.cell(record, layout.channel);
    const revision = this.cell(record, layout.revision);
    const date = this.cell(record, layout.date);
    const held = this.stretch;
    if (held) {
      const [heldEsiid, heldChannel, heldRevision, heldDate] = held.cells;
      if (heldDate === date && heldEsiid === esiid && heldRevision === revision && heldChannel === channel)
        return held;
    }
    const isBlankRevision = revision.trim() === '';
    if (isBlankRevision) this.sawBlankRevision = true;
    this.stretch = {
      cells: [esiid, channel, revision, date],
      esiid: layout.esiid < 0 ? this.esiidHint : parseEsiid(esiid),
      channel: layout.channel < 0 ? 'consumption' : channelOf(channel),
      revisedAt: isBlankRevision ? null : (parseRevision(revision.trim()) ?? undefined),
      date: dateOf(date),
    };
    return this.stretch;
  }

  private placeRow(row: Row, stretch: Stretch, start: Label, end: Label | null): RejectReason | null {
    const place = locate(stretch.date, start, end);
    if (place.kind === 'slots') {
      const { esiid, channel, revisedAt = null } = stretch;
      if (!esiid || !channel) return 'invalidRow';
      const key = { esiid, channel, day: place.day, revisedAt };
      if (place.day.slotCount <= 96) return this.settle(key, row, place.slots[0] ?? 0);
      this.holdRow(key, row, place.slots);
      return null;
    }
    if (place.kind === 'invalid' || kwhOf(this.cell(row.record, this.layout.kwh)) !== '')
      return 'invalidTimestamp';
    this.account.counts.nonexistentHour++;
    return null;
  }

  private holdRow(key: BlockKey, row: Row, slots: readonly number[]): void {
    const name = `${key.esiid} ${key.channel} ${key.day.date} ${key.revisedAt}`;
    let held = this.heldDays.get(name);
    if (!held) {
      held = { key, rows: [] };
      this.heldDays.set(name, held);
    }
    const text = row.text();
    held.rows.push({ row: { ...row, text: () => text }, slots });
    this.heldRows++;
  }

  private settleHeldDays(isDue: (held: HeldDay) => boolean = () => true): void {
    for (const [name, held] of this.heldDays) {
      if (!isDue(held)) continue;
      this.heldDays.delete(name);
      this.heldRows -= held.rows.length;
      this.settleHeldDay(held);
    }
  }

  private settleHeldDay({ key, rows }: HeldDay): void {
    const { start, end, kwh, flag } = this.layout;
    const dayRows = rows.map(({ row: { record }, slots }) => ({
      slots,
      text: [start, end, kwh, flag].map((column) => this.cell(record, column)).join('|'),
    }));
    const slots = resolveRepeatedHour(key.day, dayRows);
    rows.forEach(({ row }, index) => {
      const slot = slots[index] ?? null;
      this.rejectFor(row, slot === null ? 'invalidTimestamp' : this.settle(key, row, slot));
    });
  }

  private settleEndOnly(): void {
    for (const { row, stretch, start } of this.endOnly?.release() ?? []) {
      this.rejectFor(row, start ? this.placeRow(row, stretch, start, null) : 'invalidTimestamp');
    }
  }

  /** A row whose slot is known: its value is placed, missing, or no value at all. */
  private settle(key: BlockKey, row: Row, slot: number): RejectReason | null {
    const { counts } = this.account;
    const kwh = kwhOf(this.cell(row.record, this.layout.kwh));
    const block = this.blockOf(key);
    if (kwh === null || kwh === '') {
      block.rows++;
      if (kwh === null) return 'invalidKwh';
      counts.missingKwh++;
      return null;
    }
    const outcome = placeReading(
      block,
      slot,
      kwh,
      isEstimated(this.cell(row.record, this.layout.flag)) ?? false,
    );
    block.meter ??= this.cell(row.record, this.layout.meter).trim().slice(0, 100) || null;
    if (outcome === 'new') {
      block.rows++;
      counts.intervalsRead++;
    } else if (outcome === 'duplicate') counts.duplicateRows++;
    else counts.conflictingRows++;
    return null;
  }

  private rejectFor(row: Row, reason: RejectReason | null): void {
    if (reason) this.account.reject(reason, row.lineNumber, row.text);
  }

  private blockOf(key: BlockKey): OpenBlock {
    const { block } = this;
    if (block && !block.emitted) {
      const held = block.key;
      const isSame =
        held.day === key.day &&
        held.esiid === key.esiid &&
        held.revisedAt === key.revisedAt &&
        held.channel === key.channel;
      if (isSame) return block;
      this.assembler.leave(block);
    }
    this.esiids.add(key.esiid);
    this.block = this.assembler.block(key);
    return this.block;
  }
}

function isBlank(record: readonly string[]): boolean {
  return (
    (record[0] === '' || record[0] === undefined || record[0].trim() === '') &&
    record.every((cell) => cell.trim() === '')
  );
}
