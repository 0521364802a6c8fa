import type { OpenBlock } from '../../intervals/block-assembler.ts';
import { kwhOfThousandths } from '../../intervals/kwh.ts';
import type { RowCounts } from '../../intervals/row-counts.ts';
import type { IntervalLayout } from './layout.ts';
import { endOfText } from './line-chunks.ts';

/** As many as an ESIID and a date have. */
const comparedBytes = 24;
const newline = 0x0a;
const zero = 0x30;
const point = 0x2e;
const blank = 0x20;
const quote = 0x22;
/** Whole kWh must be less than this, to fit `numeric(10,5)`. */
const maxWhole = 100_000;
/** A reading in its slot, as the row before the repeated ones left it. */
export interface PlacedReading {
  readonly block: OpenBlock;
  readonly slot: number;
  readonly isEstimated: boolean;
}

/** A row that was parsed and placed, and where it is. */
interface ParsedRow {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
  readonly placed: PlacedReading;
}

/**
 * Reads the everyday rows of a file from their bytes: those that repeat the row before them but for the labels, which are those of
 * the next slot, and the kWh. Any other row, or one whose slot has a value, is left to the caller, which parses it; so this class
 * knows no rule of the format but that equal bytes mean the same. It learns the labels of each slot from rows that were parsed.
 *
 * Rows take a seventh of the time that splitting and parsing them takes.
 */
export class RepeatedRows {
  /** How many rows the last call of {@link take} read. */
  taken = 0;
  /** How many calls in a row found nothing that repeats. */
  misses = 0;
  private readonly delimiter: number;
  /** Delimiters of a row before the start label. */
  private readonly cellsBefore: number;
  private readonly delimiterCount: number;
  /** By slot: the labels of start and end, with the delimiter after each. */
  private readonly labels: Pattern[] = [];
  private parsed: ParsedRow | null = null;
  private placed: PlacedReading | null = null;
  /** What a row has before its labels, and after its kWh, line end included. */
  private prefix = new Pattern(Buffer.alloc(0));
  private suffix = new Pattern(Buffer.alloc(0));
  private chunk: Buffer = Buffer.alloc(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  /** Value of the kWh that {@link kwhEnd} read last. */
  private thousandths = 0;

  private readonly counts: RowCounts;

  private constructor({ delimiter, start, names }: IntervalLayout, counts: RowCounts) {
    this.delimiter = delimiter.charCodeAt(0);
    this.cellsBefore = start;
    this.delimiterCount = names.length - 1;
    this.counts = counts;
  }

  /** @returns null if the columns of start, end and kWh are not side by side, as SMT's are */
  static of(layout: IntervalLayout, counts: RowCounts): RepeatedRows | null {
    const { start, end, kwh } = layout;
    return start >= 0 && end === start + 1 && kwh === end + 1 ? new RepeatedRows(layout, counts) : null;
  }

  /** Makes a row that was parsed the one to be repeated. */
  learn(bytes: Buffer, from: number, to: number, placed: PlacedReading | null): void {
    this.placed = null;
    this.parsed = placed && { bytes, from, to, placed };
  }

  /** Forgets the row to be repeated, after rows that were parsed without it. */
  forget(): void {
    this.placed = null;
    this.parsed = null;
    this.misses = 0;
  }

  /** Takes the patterns of the row that was parsed, unless it has quotes or other cells than the header. */
  private takePatterns({ bytes, from, to, placed }: ParsedRow): void {
    if (bytes[to - 1] !== newline) return;
    const ends: number[] = [];
    for (let at = from; at < to; at++) {
      if (bytes[at] === quote) return;
      if (bytes[at] === this.delimiter) ends.push(at);
    }
    if (ends.length !== this.delimiterCount) return;
    const labelsFrom = this.cellsBefore === 0 ? from : (ends[this.cellsBefore - 1] ?? 0) + 1;
    const labelsTo = (ends[this.cellsBefore + 1] ?? 0) + 1;
    this.prefix = new Pattern(bytes.subarray(from, labelsFrom));
    this.suffix = new Pattern(bytes.subarray(ends[this.cellsBefore + 2] ?? endOfText(bytes, from, to), to));
    this.labels[placed.slot] ??= new Pattern(bytes.subarray(labelsFrom, labelsTo));
    this.placed = placed;
  }

  /**
   * Reads rows from a position on, as long as they repeat the row before.
   * @returns the position after the last one
   */
  take(bytes: Buffer, from: number): number {
    this.taken = 0;
    const { parsed } = this;
    const isAlike = parsed !== null && beginsAlike(bytes, from, parsed);
    if (isAlike) this.takePatterns(parsed);
    this.parsed = null;
    this.misses = isAlike ? 0 : this.misses + 1;
    // A block can be emitted between chunks.
    if (!this.placed || this.placed.block.emitted) return from;
    if (this.chunk !== bytes) {
      this.chunk = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    const { view } = this;
    const { block, isEstimated } = this.placed;
    const { prefix, suffix } = this;
    const [layer] = block.layers;
    let { slot } = this.placed;
    let at = from;
    for (let labels = this.labels[slot + 1]; layer && labels; labels = this.labels[slot + 1]) {
      if (!prefix.isAt(view, at) || !labels.isAt(view, at + prefix.length)) break;
      const kwhFrom = at + prefix.length + labels.length;
      const kwhTo = this.kwhEnd(bytes, kwhFrom);
      if (kwhTo === 0 || !suffix.isAt(view, kwhTo) || layer.kwh[slot + 1] !== null) break;
      slot++;
      layer.kwh[slot] = kwhOfThousandths(this.thousandths);
      if (layer.estimated) layer.estimated[slot] = isEstimated;
      at = kwhTo + suffix.length;
      this.taken++;
    }
    if (this.taken > 0) {
      this.misses = 0;
      block.rows += this.taken;
      this.counts.rowsRead += this.taken;
      this.counts.intervalsRead += this.taken;
      this.placed = { block, slot, isEstimated };
    }
    return at;
  }

  /** @returns the position after kWh of at most three decimals; 0 where there are none */
  private kwhEnd(bytes: Buffer, from: number): number {
    let at = bytes[from] === blank ? from + 1 : from;
    const digitsFrom = at;
    let value = 0;
    for (let digit = digitAt(bytes, at); digit >= 0; digit = digitAt(bytes, ++at)) {
      value = value * 10 + digit;
      if (value >= maxWhole) return 0;
    }
    let digits = at - digitsFrom;
    let decimals = 0;
    if (bytes[at] === point) {
      at++;
      for (let digit = digitAt(bytes, at); digit >= 0 && decimals < 3; digit = digitAt(bytes, ++at)) {
        value = value * 10 + digit;
        decimals++;
      }
      digits += decimals;
    }
    if (digits === 0) return 0;
    for (; decimals < 3; decimals++) value *= 10;
    this.thousandths = value;
    return at;
  }
}

function digitAt(bytes: Buffer, at: number): number {
  const digit = (bytes[at] ?? 0) - zero;
  return digit <= 9 ? digit : -1;
}

/** Whether a row may repeat another: rows of many meters one after the other should cost no patterns. */
function beginsAlike(bytes: Buffer, at: number, { bytes: others, from }: ParsedRow): boolean {
  for (let i = 0; i < comparedBytes; i++) if (bytes[at + i] !== others[from + i]) return false;
  return true;
}

/** Bytes that rows are compared with, four at a time. */
class Pattern {
  readonly length: number;
  private readonly words: Uint32Array;
  /** The last one to three. */
  private readonly rest: Buffer;

  constructor(bytes: Buffer) {
    this.length = bytes.length;
    const count = bytes.length >> 2;
    this.words = Uint32Array.from({ length: count }, (_, i) => bytes.readUInt32LE(i * 4));
    this.rest = Buffer.from(bytes.subarray(count * 4));
  }

  isAt(view: DataView, from: number): boolean {
    if (from + this.length > view.byteLength) return false;
    const { words, rest } = this;
    let at = from;
    for (let i = 0; i < words.length; i++, at += 4) if (view.getUint32(at, true) !== words[i]) return false;
    for (let i = 0; i < rest.length; i++) if (view.getUint8(at + i) !== rest[i]) return false;
    return true;
  }
}
