import { type ClockDay, clockDay, slotMs, slotOfInstant } from '../../intervals/clock.ts';
import type { FeedBlock, FeedReading } from './feed-reader.ts';

export const intervalSeconds = slotMs / 1000;
const daySeconds = 86_400;
/** Instants that the interval clock knows: the years 1990 to 2199. */
const minSeconds = Date.parse('1990-01-02T00:00:00Z') / 1000;
const maxSeconds = Date.parse('2199-12-30T00:00:00Z') / 1000;

/**
 * How the slots of a block's readings are determined:
 * - `instants`: their starts are instants, because together they fill local days
 * - `order`: the block is labelled with midnight UTC of its usage date, and its consecutive readings fill that day
 * - `not-a-day`: labelled like that, with as many readings as some day has, but not that day: the labels are wrong
 * - `unproven`: neither
 */
export type BlockProof = 'instants' | 'order' | 'not-a-day' | 'unproven';

/** The whole number of seconds that a text is; null if it is not, or outside the supported years. */
export function secondsOf(text: string | null): number | null {
  const seconds = text !== null && /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return seconds >= minSeconds && seconds <= maxSeconds ? seconds : null;
}

function dayOfInstant(seconds: number): ClockDay {
  return slotOfInstant(seconds * 1000).day;
}

/** Whether an instant is midnight in America/Chicago. */
export function isLocalMidnight(seconds: number): boolean {
  return slotOfInstant(seconds * 1000).slot === 0;
}

/** The date whose midnight UTC an instant is; null if it is not one. */
export function dateOfLabel(seconds: number | null): string | null {
  return seconds !== null && seconds % daySeconds === 0
    ? new Date(seconds * 1000).toISOString().slice(0, 10)
    : null;
}

/** Summary of a block's readings, without storing them. */
export class BlockShape {
  count = 0;
  /** Duration of the first reading that is not a quarter hour, as the file writes it. */
  otherLength: string | null = null;
  /** Earliest start and latest end, if every reading has a start. */
  minStart = Infinity;
  maxEnd = -Infinity;
  /** Whether some reading has no duration. */
  lacksLength = false;
  private startCount = 0;
  private firstStart: number | null = null;
  private previousStart = Number.NaN;
  private isAscending = true;
  private isContiguous = true;
  private followsClock = true;
  private labelledDay: ClockDay | null = null;

  add(reading: FeedReading): void {
    if (!reading.duration) this.lacksLength = true;
    else if (reading.duration !== String(intervalSeconds)) this.otherLength ??= reading.duration.slice(0, 20);
    const start = secondsOf(reading.start);
    if (start !== null) this.addStart(start);
    this.count++;
  }

  /** What the readings and the block's own interval prove. */
  proof(block: FeedBlock): BlockProof {
    const start = secondsOf(block.start);
    const length =
      block.duration !== null && /^\d{1,9}$/.test(block.duration) ? Number(block.duration) : null;
    if (this.startCount === 0) return this.proofWithoutStarts(start, length);
    if (this.startCount !== this.count) return 'unproven';
    const label = dateOfLabel(start);
    if (label) return this.proofByLabel(clockDay(label), start);
    if ((start === null || start === this.minStart) && this.fillsDay(dayOfInstant(this.minStart)))
      return 'instants';
    if (start === null || length === null) return 'unproven';
    const isWithin = this.minStart >= start && this.maxEnd <= start + length;
    return isWithin && length > 0 && isLocalMidnight(start) && isLocalMidnight(start + length)
      ? 'instants'
      : 'unproven';
  }

  private addStart(start: number): void {
    if (this.startCount++ === 0) {
      this.firstStart = start;
      const date = dateOfLabel(start);
      this.labelledDay = date ? clockDay(date) : null;
    } else if (start <= this.previousStart) this.isAscending = false;
    const base = this.firstStart ?? start;
    if (start !== base + this.count * intervalSeconds) this.isContiguous = false;
    if (start !== base + quarterOfSlot(this.labelledDay, this.count) * intervalSeconds)
      this.followsClock = false;
    this.previousStart = start;
    this.minStart = Math.min(this.minStart, start);
    this.maxEnd = Math.max(this.maxEnd, start + intervalSeconds);
  }

  /** Whether the readings are those of a local day, by their instants. */
  private fillsDay(day: ClockDay): boolean {
    return (
      this.isAscending &&
      this.count === day.slotCount &&
      this.minStart * 1000 === day.startMs &&
      this.maxEnd * 1000 === day.startMs + day.slotCount * slotMs
    );
  }

  private proofByLabel(day: ClockDay, start: number | null): BlockProof {
    if (this.fillsDay(day)) return 'instants';
    if (this.firstStart !== start || (!this.isContiguous && !this.followsClock)) return 'unproven';
    if (this.count === day.slotCount) return 'order';
    return [92, 96, 100].includes(this.count) ? 'not-a-day' : 'unproven';
  }

  /** Readings without a start are consecutive: they must fill the day of the block's interval. */
  private proofWithoutStarts(start: number | null, length: number | null): BlockProof {
    const label = dateOfLabel(start);
    if (start === null || length !== this.count * intervalSeconds) return 'unproven';
    const day = label ? clockDay(label) : dayOfInstant(start);
    return (label || start * 1000 === day.startMs) && this.count === day.slotCount ? 'order' : 'unproven';
  }
}

/** The quarter hour of the wall clock at which a slot starts. */
function quarterOfSlot(day: ClockDay | null, slot: number): number {
  if (!day?.slotsOfQuarter) return slot;
  return day.slotsOfQuarter.findIndex((slots) => slots.includes(slot));
}
