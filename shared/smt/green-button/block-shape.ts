import { type ClockDay, clockDay, slotMs, slotOfInstant } from '../../intervals/clock.ts';
import type { FeedBlock, FeedReading } from './feed-reader.ts';

export const intervalSeconds = slotMs / 1000;
const daySeconds = 86_400;
/** Instants that the interval clock knows: the years 1990 to 2199. */
const minSeconds = Date.parse('1990-01-02T00:00:00Z') / 1000;
const maxSeconds = Date.parse('2199-12-30T00:00:00Z') / 1000;

/**
 * What a block proves of how its readings are placed:
 * - `instants`: their starts are instants, because together they fill local days
 * - `order`: the block is labelled with midnight UTC of its usage date, and its consecutive readings fill that day
 * - `not-a-day`: it is a day's by its label or its first reading, and its readings are not that day's quarter hours
 * - `goes-back`: some starts are not after those before them, so that they may be labels of a clock that was set back
 * - `unproven`: none of these
 */
export type BlockProof = 'instants' | 'order' | 'not-a-day' | 'goes-back' | 'unproven';

/** How the slot of a reading is found: by its start, by its place in the block, or by the hour on the wall that its place is. */
export type Placement = 'instants' | 'order' | 'clock';

interface Proved {
  readonly proof: BlockProof;
  readonly by: Placement;
}

const quartersOfClock = 96;
const slotCounts: readonly number[] = [92, quartersOfClock, 100];
const notADay: Proved = { proof: 'not-a-day', by: 'order' };
const goesBack: Proved = { proof: 'goes-back', by: 'order' };
const unproven: Proved = { proof: 'unproven', by: 'instants' };
const byInstants: Proved = { proof: 'instants', by: 'instants' };

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
  /** The day at whose midnight, in Texas or UTC, the first reading starts. */
  private firstDay: ClockDay | null = null;
  /** Of the readings that a day can have, which ones have no value. */
  private readonly blanks: boolean[] = [];

  add(reading: FeedReading): void {
    if (this.count < quartersOfClock) this.blanks.push(!reading.value);
    if (!reading.duration) this.lacksLength = true;
    else if (reading.duration !== String(intervalSeconds)) this.otherLength ??= reading.duration.slice(0, 20);
    const start = secondsOf(reading.start);
    if (start !== null) this.addStart(start);
    this.count++;
  }

  /** What the readings and the block's own interval prove. */
  proof(block: FeedBlock): Proved {
    const proved = this.proofOf(block);
    return proved === unproven && !this.isAscending ? goesBack : proved;
  }

  private proofOf(block: FeedBlock): Proved {
    const start = secondsOf(block.start);
    const length =
      block.duration !== null && /^\d{1,9}$/.test(block.duration) ? Number(block.duration) : null;
    if (this.startCount === 0) return this.proofWithoutStarts(start, length);
    if (this.startCount !== this.count) return unproven;
    const label = dateOfLabel(start);
    if (label) return this.proofByLabel(clockDay(label), start);
    if ((start === null || start === this.minStart) && this.fillsDay(dayOfInstant(this.minStart)))
      return byInstants;
    const { firstDay } = this;
    if (firstDay?.slotsOfQuarter && this.beginsWith(firstDay)) {
      const isOtherDay = this.isContiguous && slotCounts.includes(this.count);
      const isClock = this.followsClock && this.count === firstDay.slotCount;
      // Set back, its labels repeat, which instants cannot; set forward, they may also be instants around a gap.
      if (isClock && !this.isAscending) return { proof: 'instants', by: 'order' };
      if (isOtherDay || isClock) return notADay;
    }
    if (start === null || length === null || !this.isAscending) return unproven;
    const isWithin = this.minStart >= start && this.maxEnd <= start + length;
    return isWithin && length > 0 && isLocalMidnight(start) && isLocalMidnight(start + length)
      ? byInstants
      : unproven;
  }

  private addStart(start: number): void {
    if (this.startCount++ === 0) {
      this.firstStart = start;
      const date = dateOfLabel(start);
      this.firstDay = date ? clockDay(date) : isLocalMidnight(start) ? dayOfInstant(start) : null;
    } else if (start <= this.previousStart) this.isAscending = false;
    const base = this.firstStart ?? start;
    if (start !== base + this.count * intervalSeconds) this.isContiguous = false;
    if (start !== base + quarterOfSlot(this.firstDay, this.count) * intervalSeconds)
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

  /** Whether the first reading starts at midnight in Texas. */
  private beginsWith(day: ClockDay): boolean {
    return this.firstStart !== null && this.firstStart * 1000 === day.startMs;
  }

  /** Whether the readings are all quarter hours of the wall clock, and those that a day skips have no value. */
  private areClockOf(day: ClockDay): boolean {
    return (
      this.count === quartersOfClock &&
      day.slotCount < quartersOfClock &&
      (day.slotsOfQuarter ?? []).every((slots, quarter) => slots.length > 0 || this.blanks[quarter] === true)
    );
  }

  private proofByLabel(day: ClockDay, start: number | null): Proved {
    if (this.fillsDay(day)) return byInstants;
    if (this.beginsWith(day)) return this.proofOfDay(day, 'instants');
    return this.firstStart === start ? this.proofOfDay(day, 'order') : unproven;
  }

  /** Of readings that begin with the day that the block is labelled with. */
  private proofOfDay(day: ClockDay, proof: 'instants' | 'order'): Proved {
    if (!this.isContiguous && !this.followsClock) return unproven;
    if (this.count === day.slotCount) return { proof, by: 'order' };
    if (this.isContiguous && this.areClockOf(day)) return { proof, by: 'clock' };
    return slotCounts.includes(this.count) ? notADay : unproven;
  }

  /** Readings without a start are consecutive: they must fill the day of the block's interval. */
  private proofWithoutStarts(start: number | null, length: number | null): Proved {
    const label = dateOfLabel(start);
    if (start === null || length === null) return unproven;
    const day = label ? clockDay(label) : dayOfInstant(start);
    const isOfDay = label !== null || start * 1000 === day.startMs;
    const isLongEnough = [this.count, day.slotCount].some((count) => length === count * intervalSeconds);
    if (!isOfDay || !isLongEnough) return unproven;
    if (this.count === day.slotCount) return { proof: 'order', by: 'order' };
    if (this.areClockOf(day)) return { proof: 'order', by: 'clock' };
    return slotCounts.includes(this.count) ? notADay : unproven;
  }
}

/** The quarter hour of the wall clock at which a slot starts. */
function quarterOfSlot(day: ClockDay | null, slot: number): number {
  if (!day?.slotsOfQuarter) return slot;
  return day.slotsOfQuarter.findIndex((slots) => slots.includes(slot));
}
