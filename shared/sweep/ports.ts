import type { NotifiedVersion } from '../raw-files/object-store.ts';
import type { ListingCursor, SweepCheckpoint } from './sweep-checkpoint.ts';

export interface ListingPage {
  /** Object versions, delete markers left out. */
  readonly versions: readonly NotifiedVersion[];
  /** Where the next page begins; null after the last. */
  readonly next: ListingCursor | null;
}

/** S3 rejects the position at which a listing was to continue. */
export class CursorRejectedError extends Error {
  readonly code = 'cursor-rejected';
  constructor(options: ErrorOptions) {
    super('S3 rejects the position at which the listing was to continue', options);
    this.name = 'CursorRejectedError';
  }
}

/** What a sweep needs of the bucket. */
export interface SweptBucket {
  /**
   * A page of the versions of all keys with a prefix, in their order.
   * @throws CursorRejectedError
   */
  list(cursor: ListingCursor | null, prefix?: string): Promise<ListingPage>;
  /** Null if there are none, or none that can be read. */
  readCheckpoint(): Promise<SweepCheckpoint | null>;
  writeCheckpoint(checkpoint: SweepCheckpoint): Promise<void>;
  /** When files were replayed last, by the bucket's clock; null if never. */
  replayedAt(): Promise<Date | null>;
}

export interface DeadLetter {
  readonly body: string;
  /** Deletes it from its queue. */
  delete(): Promise<void>;
}

/** The messages that failed permanently. */
export interface DeadLetterQueue {
  /** Up to ten; none when the queue is empty. */
  receive(): Promise<readonly DeadLetter[]>;
}
