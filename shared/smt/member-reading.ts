import type { IntervalBlock } from '../intervals/block.ts';
import { clockDay, slotMs } from '../intervals/clock.ts';
import type { DailyRead } from '../reads/daily-read.ts';
import type { MonthlyRead } from '../reads/monthly-read.ts';
import type { RowTally } from './row-tally.ts';

/** Receives the blocks of a member when they are complete; the reader awaits it. */
export type BlockSink = (block: IntervalBlock, member: number) => void | Promise<void>;

/** Receives the daily and monthly reads of a member; the reader awaits it. */
export type ReadSink = (read: DailyRead | MonthlyRead, member: number) => void | Promise<void>;

/** What a form needs to know about the member that it reads. */
export interface ReadingOptions {
  /** ESIID for members without one, and only for those; from the upload request or the object's key. */
  readonly esiidHint: string | null;
  /** The channel that the file came through, for messages that say how to send it again. */
  readonly source?: string | undefined;
  /** When the file was received, S3's time: no stamp or interval in it can be more than a day later. */
  readonly receivedAt: Date;
  /** Whether what has a quick way, rows of CSV that repeat the row before and fields of plain digits, is parsed too, as tests do to compare both. */
  readonly parsesEveryRow?: boolean | undefined;
  /** Maximum number of blocks that wait for more rows. */
  readonly maxOpenBlocks?: number | undefined;
}

/** Destinations for the contents of one member. */
interface MemberSinks {
  block(block: IntervalBlock): void | Promise<void>;
  read(read: DailyRead | MonthlyRead): void | Promise<void>;
}

/** Collects the contents of one file or archive member: its form adds to it, {@link readRawFile} summarizes it. */
export class MemberReading {
  readonly options: ReadingOptions;
  readonly tally: RowTally;
  /** Start of the first and of the last interval, in milliseconds. */
  firstMs = Infinity;
  lastMs = -Infinity;
  /** Whether some meter-day was split into several blocks, so that duplicates among them are not counted yet. */
  isRecountNeeded = false;
  /** Whether the member has more reads than are compared with each other, so that not all duplicates are counted. */
  isReadRecountNeeded = false;
  /** Whether the bytes alone determine what is loaded: every row has its ESIID and its revision. */
  isSelfContained = false;
  private readonly sinks: MemberSinks;
  private pending: IntervalBlock[] = [];
  private pendingReads: (DailyRead | MonthlyRead)[] = [];

  constructor(options: ReadingOptions, tally: RowTally, sinks: MemberSinks) {
    this.options = options;
    this.tally = tally;
    this.sinks = sinks;
  }

  /** Adds a complete block. It reaches the sink with the next {@link flush}. */
  add(block: IntervalBlock): void {
    this.pending.push(block);
    const { startMs } = clockDay(block.usageDate);
    const first = block.kwh.findIndex((value) => value !== null);
    const last = block.kwh.findLastIndex((value) => value !== null);
    this.firstMs = Math.min(this.firstMs, startMs + first * slotMs);
    this.lastMs = Math.max(this.lastMs, startMs + last * slotMs);
  }

  /** Adds a read. It reaches the sink with the next {@link flush}. */
  addRead(read: DailyRead | MonthlyRead): void {
    this.pendingReads.push(read);
  }

  /** Passes what was added so far to the sinks, and awaits them. */
  async flush(): Promise<void> {
    // Nearly all are taken at once, and awaiting each would cost as much as reading it.
    for (const block of this.pending.splice(0)) {
      const taken = this.sinks.block(block);
      if (taken instanceof Promise) await taken;
    }
    for (const read of this.pendingReads.splice(0)) {
      const taken = this.sinks.read(read);
      if (taken instanceof Promise) await taken;
    }
  }
}
