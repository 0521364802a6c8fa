import {
  BlockAssembler,
  type BlockKey,
  maxLayers,
  type OpenBlock,
  placeReading,
} from '../intervals/block-assembler.ts';
import type { MemberReading } from './member-reading.ts';

/** Fills the blocks of a member with readings whose slots are known, and counts each. */
export class BlockFiller {
  private readonly reading: MemberReading;
  private readonly assembler: BlockAssembler;
  private block: OpenBlock | undefined;

  constructor(reading: MemberReading) {
    this.reading = reading;
    this.assembler = new BlockAssembler((block) => reading.add(block), reading.options.maxOpenBlocks);
  }

  /**
   * Puts a reading into its slot.
   * @param kwh canonical
   * @returns whether the slot was free, held the same value already, or held another
   */
  place(key: BlockKey, slot: number, kwh: string, estimated: boolean): ReturnType<typeof placeReading> {
    const { counts } = this.reading.tally;
    const block = this.open(key);
    const outcome = placeReading(block, slot, kwh, estimated);
    if (outcome === 'new') {
      block.rows++;
      counts.intervalsRead++;
    } else if (outcome === 'duplicate') counts.duplicateRows++;
    else counts.conflictingRows++;
    return outcome;
  }

  /** Records a slot without a reading, so that a block with gaps counts as complete. */
  skip(key: BlockKey): void {
    this.open(key).rows++;
  }

  /** Flushes the last blocks. */
  finish(): void {
    this.assembler.finish();
    this.reading.isRecountNeeded = this.assembler.isRecountNeeded;
  }

  /** The block of a key. It stays the same while readings of the key follow one another. */
  open(key: BlockKey): OpenBlock {
    const { block } = this;
    if (block && !block.emitted) {
      const { esiid, channel, day, revisedAt } = block.key;
      const isSame =
        (block.key === key ||
          (day === key.day &&
            esiid === key.esiid &&
            revisedAt === key.revisedAt &&
            channel === key.channel)) &&
        block.layers.length < maxLayers;
      if (isSame) return block;
      this.assembler.leave(block);
    }
    this.block = this.assembler.block(key);
    return this.block;
  }
}
