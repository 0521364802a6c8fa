import { setTimeout as sleep } from 'node:timers/promises';
import { DropletError, TemporaryError } from './errors.ts';
import type { Log } from './log.ts';

export interface RetryPolicy {
  /** Including the first attempt. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 6, firstDelayMs: 1_000, maxDelayMs: 30_000 };

/** Maximum delay that a response's Retry-After may ask for. */
const maxRetryAfterMs = 120_000;

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal;
  readonly onRetry: (error: TemporaryError, attempt: number, delayMs: number) => void;
}

interface RetryTools {
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly retryPolicy: RetryPolicy;
}

/** Options with which each retry is logged, with these fields. */
export function loggedRetries(
  { log, signal, retryPolicy: policy }: RetryTools,
  fields: { readonly file?: string },
): RetryOptions {
  const onRetry = (error: TemporaryError, attempt: number, delayMs: number): void => {
    const { code, message: reason } = error;
    log.warning('will try again', { ...fields, attempt, in_ms: delayMs, error: code, reason });
  };
  return { policy, signal, onRetry };
}

/**
 * Repeats an action that fails with a TemporaryError, after delays that double, with jitter, or that the server asked
 * for.
 * @throws the last TemporaryError; any other error at once; `stopped` when the signal aborts
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

/** @throws DropletError `stopped` */
export function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new DropletError('stopped', 'Stopped. The next run continues from here.');
}

function delayFor(policy: RetryPolicy, attempt: number, retryAfterMs = 0): number {
  const ceilingMs = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempt - 1));
  const jittered = ceilingMs * (0.5 + Math.random() / 2);
  return Math.round(Math.max(jittered, Math.min(retryAfterMs, maxRetryAfterMs)));
}
