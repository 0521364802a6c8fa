import type { MemberKind } from '../intervals/row-counts.ts';
import type { MemberReading } from './member-reading.ts';

/** The first bytes of a file or archive member. */
export interface MemberHead {
  /** The first 64 KB, or all there are. */
  readonly bytes: Buffer;
  /** The same decoded, without a byte order mark; the last line may be cut. */
  readonly text: string;
  /** Whether these are all the bytes there are. */
  readonly isWhole: boolean;
}

/** A file format in which readings are delivered. {@link forms} lists all of them. */
export interface Form {
  /** What its members are reported as. */
  readonly kind: MemberKind;
  /** Whether a member is of this form. Determined by its first bytes, not its name. */
  recognizes(head: MemberHead): boolean;
  /**
   * Reads a member to its end: every data row into exactly one count of the tally, every reading into a block. Null for
   * a form without readings; its members are ignored.
   * @param bytes all of the member, from its first byte at each iteration
   * @param head what the member was recognized by
   * @throws FileError if the member cannot be used; what was read before is discarded, its counts are kept
   */
  readonly read:
    | ((bytes: AsyncIterable<Buffer>, reading: MemberReading, head: MemberHead) => Promise<void>)
    | null;
}
