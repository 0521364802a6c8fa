import type { IntervalBlock } from '../intervals/block.ts';
import { clockDay, slotMs } from '../intervals/clock.ts';
import type { DailyRead } from '../reads/daily-read.ts';
import type { MonthlyRead } from '../reads/monthly-read.ts';
import type { RowTally } from './row-tally.ts';

/** Takes the blocks of a member as they become whole; the reader waits for it. */
export type BlockSink = (block: IntervalBlock, member: number) => void | Promise<void>;

/** Takes the daily and monthly reads of a member; the reader waits for it. */
export type ReadSink = (read: DailyRead | MonthlyRead, member: number) => void | Promise<void>;

/** What a form is told about the member that it reads. */
export interface ReadingOptions {
  /** ESIID for members that name none, and only for those; from the upload request or the object's key. */
  readonly esiidHint: string | null;
  /** When the file was received, S3's time: no stamp or interval in it can be more than a day later. */
  readonly receivedAt: Date;
  /** Upper bound of blocks that wait for more rows. */
  readonly maxOpenBlocks?: number | undefined;
}

/** Where what is found in one member goes. */
interface MemberSinks {
  block(block: IntervalBlock): void | Promise<void>;
  read(read: DailyRead | MonthlyRead): void | Promise<void>;
}

/** The reading of one file or archive member: its form puts in what it finds, {@link readRawFile} sums it up. */
export class MemberReading {
  readonly options: ReadingOptions;
  readonly tally: RowTally;
  /** Start of the first and of the last interval, in milliseconds. */
  firstMs = Infinity;
  lastMs = -Infinity;
  /** Whether some meter-day came in several blocks, so that duplicates among them are not counted yet. */
  isRecountNeeded = false;
  /** Whether the member has more reads than are compared with each other, so that those that came again are not all counted. */
  isReadRecountNeeded = false;
  /** Whether the bytes alone say what is loaded: every row named its ESIID and its revision. */
  isSelfContained = false;
  private readonly sinks: MemberSinks;
  private pending: IntervalBlock[] = [];
  private pendingReads: (DailyRead | MonthlyRead)[] = [];

  constructor(options: ReadingOptions, tally: RowTally, sinks: MemberSinks) {
    this.options = options;
    this.tally = tally;
    this.sinks = sinks;
  }

  /** Takes a block that is whole. It reaches the sink with the next {@link flush}. */
  add(block: IntervalBlock): void {
    this.pending.push(block);
    const { startMs } = clockDay(block.usageDate);
    const first = block.kwh.findIndex((value) => value !== null);
    const last = block.kwh.findLastIndex((value) => value !== null);
    this.firstMs = Math.min(this.firstMs, startMs + first * slotMs);
    this.lastMs = Math.max(this.lastMs, startMs + last * slotMs);
  }

  /** Takes a read. It reaches the sink with the next {@link flush}. */
  addRead(read: DailyRead | MonthlyRead): void {
    this.pendingReads.push(read);
  }

  /** Passes what was added so far to the sinks, and waits until they have taken it. */
  async flush(): Promise<void> {
    for (const block of this.pending.splice(0)) await this.sinks.block(block);
    for (const read of this.pendingReads.splice(0)) await this.sinks.read(read);
  }
}
