import type { SQSRecord } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { retryDelaySeconds } from '../../functions/normalize/retry-delay.ts';
import { FileBusyError } from '../../shared/raw-files/normalize-raw-file.ts';

function received(times: number): SQSRecord {
  return { attributes: { ApproximateReceiveCount: String(times) } } as SQSRecord;
}

describe('the delay of a message that failed', () => {
  test('doubles up to a quarter of an hour, with jitter', () => {
    const error = new Error('database away');
    for (const [times, ceiling] of [
      [1, 5],
      [2, 10],
      [4, 40],
      [12, 900],
    ] as const) {
      const delay = retryDelaySeconds(received(times), error, 5);

      expect(delay).toBeGreaterThanOrEqual(ceiling / 2);
      expect(delay).toBeLessThanOrEqual(ceiling);
    }
  });

  test('is what is left of the lease when another worker has the file', () => {
    const busy = new FileBusyError('1', new Date(Date.now() + 60_000));

    expect(retryDelaySeconds(received(9), busy, 5)).toBeGreaterThanOrEqual(60);
    expect(retryDelaySeconds(received(9), busy, 5)).toBeLessThanOrEqual(62);
  });
});
