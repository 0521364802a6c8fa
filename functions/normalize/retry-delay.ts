import type { SQSRecord } from 'aws-lambda';
import { FileBusyError } from '../../shared/raw-files/normalize-raw-file.ts';

/** Maximum delay as a multiple of the first one: with 5 s, 15 minutes. */
const maxGrowth = 180;

/**
 * Delay before a failed message is retried: exponential backoff with jitter, so that workers do not retry all at once. A file
 * that another worker holds is retried when that worker's lease expires.
 * @param firstSeconds upper bound of the first delay
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
