import type { SQSRecord } from 'aws-lambda';
import { FileBusyError } from '../../shared/raw-files/normalize-raw-file.ts';

/** Waits double up to so many times the first one: with 5 s, to a quarter of an hour. */
const maxGrowth = 180;

/**
 * When a message that failed is to come back: after twice as long each time, with jitter, so that workers do not return
 * all at once; a file another worker has, when that one's lease ends.
 * @param firstSeconds upper bound of the first wait
 */
export function retryDelaySeconds(record: SQSRecord, error: unknown, firstSeconds: number): number {
  const maxSeconds = maxGrowth * firstSeconds;
  if (error instanceof FileBusyError) {
    const leftMs = error.leaseExpiresAt.getTime() - Date.now();
    return Math.min(Math.ceil(maxSeconds), Math.max(1, Math.ceil(leftMs / 1000) + 1));
  }
  const receives = Number(record.attributes.ApproximateReceiveCount);
  const ceiling = Math.min(maxSeconds, firstSeconds * 2 ** (receives - 1));
  return Math.ceil(ceiling * (0.5 + Math.random() / 2));
}
