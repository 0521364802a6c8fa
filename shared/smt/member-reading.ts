import type { IntervalBlock } from '../intervals/block.ts';
import { clockDay, slotMs } from '../intervals/clock.ts';
import type { RowTally } from './row-tally.ts';

/** Takes the blocks of a member as they become whole; the reader waits for it. */
export type BlockSink = (block: IntervalBlock, member: number) => void | Promise<void>;

/** What a form is told about the member that it reads. */
export interface ReadingOptions {
  /** ESIID for members that name none, and only for those; from the upload request or the object's key. */
  readonly esiidHint: string | null;
  /** Upper bound of blocks that wait for more rows. */
  readonly maxOpenBlocks?: number | undefined;
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
  /** Whether the bytes alone say what is loaded: every row named its ESIID and its revision. */
  isSelfContained = false;
  private readonly sink: (block: IntervalBlock) => void | Promise<void>;
  private pending: IntervalBlock[] = [];

  constructor(
    options: ReadingOptions,
    tally: RowTally,
    sink: (block: IntervalBlock) => void | Promise<void>,
  ) {
    this.options = options;
    this.tally = tally;
    this.sink = sink;
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

  /** Passes the blocks added so far to the sink, and waits until it has taken them. */
  async flush(): Promise<void> {
    for (const block of this.pending.splice(0)) await this.sink(block);
  }
}
