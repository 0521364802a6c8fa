import { FileError } from './file-error.ts';

/** Limits on the resources that opening an archive may use. */
export interface ArchiveLimits {
  /** Unpacked bytes of one raw file, all members together: what is read within half of the function's 15 minutes, at 20 MB/s. */
  readonly maxUnpackedBytes: number;
  /** Unpacked over packed bytes; meter CSVs reach about 30. */
  readonly maxRatio: number;
  /** Entries of one archive, folders included, and members of one raw file. */
  readonly maxMembers: number;
  /** Containers within containers. */
  readonly maxDepth: number;
  /** An archive inside another has to be held in memory to be opened. */
  readonly maxNestedBytes: number;
}

export const defaultArchiveLimits: ArchiveLimits = {
  maxUnpackedBytes: 8 * 1024 ** 3,
  maxRatio: 250,
  maxMembers: 10_000,
  maxDepth: 3,
  maxNestedBytes: 64 * 1024 ** 2,
};

/** The ratio is checked only above this size: a small archive may compress well and is no zip bomb. */
const ratioFreeBytes = 16 * 1024 ** 2;

/** Counts the unpacked bytes of all members of a raw file, and stops a zip bomb early. */
export class UnpackBudget {
  readonly limits: ArchiveLimits;
  /** Plaintexts that are in memory: more than one where a message is within another. */
  heldBytes = 0;
  private readonly packedBytes: number;
  private unpackedBytes = 0;
  private memberCount = 0;

  constructor(limits: ArchiveLimits, packedBytes: number) {
    this.limits = limits;
    this.packedBytes = packedBytes;
  }

  /** A budget for unpacking the same bytes again. */
  renewed(): UnpackBudget {
    return new UnpackBudget(this.limits, this.packedBytes);
  }

  /** Passes unpacked bytes on and counts them. @throws FileError the one of {@link excess} */
  async *meter<T extends Uint8Array>(unpacked: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const chunk of unpacked) {
      this.unpackedBytes += chunk.length;
      const excess = this.excess();
      if (excess) throw excess;
      yield chunk;
    }
  }

  /** Counts one more member. @throws FileError the one of {@link excess} */
  addMember(): void {
    this.memberCount++;
    const excess = this.excess();
    if (excess) throw excess;
  }

  /** The limit that is exceeded; null if none is. */
  excess(): FileError | null {
    const { maxUnpackedBytes, maxRatio, maxMembers } = this.limits;
    if (this.memberCount > maxMembers) {
      return new FileError('archive-too-large', `The archive has more than ${maxMembers} members. Split it.`);
    }
    if (this.unpackedBytes > maxUnpackedBytes) {
      return new FileError(
        'archive-too-large',
        `The archive unpacks to more than ${maxUnpackedBytes} bytes. Split it.`,
      );
    }
    if (this.unpackedBytes > ratioFreeBytes && this.unpackedBytes > this.packedBytes * maxRatio) {
      return new FileError(
        'archive-ratio',
        `The archive unpacks to more than ${maxRatio} times its size; no meter file does.`,
      );
    }
    return null;
  }
}

/** zlib's chunks of unpacked bytes, larger than its default of 16 KB: each costs a turn of the event loop. */
export const unpackedChunkBytes = 64 * 1024;
