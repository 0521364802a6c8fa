import type { SQSRecord } from 'aws-lambda';
import { FileBusyError } from '../../shared/raw-files/normalize-raw-file.ts';

const firstDelaySeconds = 5;
const maxDelaySeconds = 900;

/**
 * When a message that failed is to come back: doubling from 5 s to 15 min with jitter, so that workers do not return
 * all at once; a file another worker has, when that one's lease ends.
 */
export function retryDelaySeconds(record: SQSRecord, error: unknown): number {
  if (error instanceof FileBusyError) {
    const leftMs = error.leaseExpiresAt.getTime() - Date.now();
    return Math.min(maxDelaySeconds, Math.max(1, Math.ceil(leftMs / 1000) + 1));
  }
  const receives = Number(record.attributes.ApproximateReceiveCount);
  const ceiling = Math.min(maxDelaySeconds, firstDelaySeconds * 2 ** (receives - 1));
  return Math.ceil(ceiling * (0.5 + Math.random() / 2));
}
