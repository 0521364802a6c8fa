import { setTimeout as sleep } from 'node:timers/promises';
import { DropletError, TemporaryError } from './errors.ts';

export interface RetryPolicy {
  /** Attempts in all. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 6, firstDelayMs: 1_000, maxDelayMs: 30_000 };

/** An answer's Retry-After may ask for more than our longest delay, up to this. */
const maxRetryAfterMs = 120_000;

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal;
  readonly onRetry: (error: TemporaryError, attempt: number, delayMs: number) => void;
}

/**
 * Repeats what fails with a TemporaryError, after delays that double, with jitter, or that the other side asked for.
 * @throws the last TemporaryError, any other error at once, and `stopped` when the signal aborts
 */
export async function withRetries<T>(
  action: (attempt: number) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const { policy, signal, onRetry } = options;
  for (let attempt = 1; ; attempt++) {
    throwIfStopped(signal);
    try {
      return await action(attempt);
    } catch (error) {
      throwIfStopped(signal);
      if (!(error instanceof TemporaryError) || attempt >= policy.attempts) throw error;
      const delayMs = delayFor(policy, attempt, error.retryAfterMs);
      onRetry(error, attempt, delayMs);
      await pause(delayMs, signal);
    }
  }
}

/** @throws DropletError `stopped` */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal });
  } catch {
    throwIfStopped(signal);
  }
}

export function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new DropletError('stopped', 'Stopped; the next run goes on from here.');
}

function delayFor(policy: RetryPolicy, attempt: number, retryAfterMs = 0): number {
  const ceilingMs = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempt - 1));
  const jittered = ceilingMs * (0.5 + Math.random() / 2);
  return Math.round(Math.max(jittered, Math.min(retryAfterMs, maxRetryAfterMs)));
}
