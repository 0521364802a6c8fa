import type { ListedRawFile } from '../storage/raw-files/list-raw-files.ts';
import type { ExpectedDelivery } from './expected-delivery.ts';
import type { Status } from './read-status.ts';

/** What is known of the system at an instant. */
export interface SystemState extends Status {
  readonly now: Date;
  /** Null where no delivery is expected. */
  readonly expected: ExpectedDelivery | null;
  /** From then on the sweep runs. */
  readonly deployedAt: Date;
  /** Null if it has not completed a run yet. */
  readonly sweepCompletedAt: Date | null;
  /** The file that failed last. */
  readonly lastFailed: Pick<ListedRawFile, 'id' | 'filename' | 'error_code'> | null;
}
