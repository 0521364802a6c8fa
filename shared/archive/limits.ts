import { Transform } from 'node:stream';
import { FileError } from './file-error.ts';

/** What an archive may ask of the machine that opens it. */
export interface ArchiveLimits {
  /** Unpacked bytes of one raw file, all members together. */
  readonly maxUnpackedBytes: number;
  /** Unpacked over packed bytes; meter CSVs reach about 30. */
  readonly maxRatio: number;
  readonly maxMembers: number;
  /** Containers within containers. */
  readonly maxDepth: number;
  /** An archive inside another has to be held in memory to be opened. */
  readonly maxNestedBytes: number;
}

export const defaultArchiveLimits: ArchiveLimits = {
  maxUnpackedBytes: 32 * 1024 ** 3,
  maxRatio: 250,
  maxMembers: 10_000,
  maxDepth: 3,
  maxNestedBytes: 64 * 1024 ** 2,
};

/** Small archives may pack well by chance; a bomb is only a bomb when it is large. */
const ratioFreeBytes = 16 * 1024 ** 2;

/** Counts what all members of a raw file unpack to, and stops a bomb before it goes off. */
export class UnpackBudget {
  readonly limits: ArchiveLimits;
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

  /** A stream that passes bytes on, and fails with `archive-too-large` or `archive-ratio` past the limits. */
  meter(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.unpackedBytes += chunk.length;
        done(this.excess(), chunk);
      },
    });
  }

  /** Counts one more member. @throws FileError as {@link excess} has it */
  addMember(): void {
    this.memberCount++;
    const excess = this.excess();
    if (excess) throw excess;
  }

  /** What is too much by now; null while all is well. */
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
