import { randomUUID } from 'node:crypto';
import type { AsyncConfigDescription, FunctionDescription } from '../template/description.ts';
import type { InvocationResult } from './protocol.ts';

/** Lambda's delays before the second and the third attempt, in milliseconds. */
const retryDelaysMs = [60_000, 120_000];

export interface AsyncInvokerOptions {
  readonly fn: FunctionDescription;
  readonly config: AsyncConfigDescription | undefined;
  readonly timeScale: number;
  readonly invoke: (payload: unknown, requestId: string) => Promise<InvocationResult>;
  /** Sends a record to the failure destination of the template. */
  readonly sendToQueue: (queueArn: string, body: string) => Promise<void>;
}

/** Asynchronous invocations of one function: retried with Lambda's delays, then sent to its failure destination. */
export class AsyncInvoker {
  private readonly options: AsyncInvokerOptions;
  private readonly inFlight = new Set<Promise<void>>();
  private readonly waiting = new Map<NodeJS.Timeout, () => void>();
  private isStopped = false;

  constructor(options: AsyncInvokerOptions) {
    this.options = options;
  }

  /** Accepts an event; its outcome shows in the function's effects or in the failure destination. */
  accept(payload: unknown): void {
    const work = this.run(payload)
      .catch((error: unknown) => console.error(`an event for ${this.options.fn.name} is lost:`, error))
      .finally(() => this.inFlight.delete(work));
    this.inFlight.add(work);
  }

  /** Events in flight. */
  get pending(): number {
    return this.inFlight.size;
  }

  /** Drops events that wait for a retry; stopping the function ends running invocations. */
  async stop(): Promise<void> {
    this.isStopped = true;
    for (const [timer, resolve] of this.waiting) {
      clearTimeout(timer);
      resolve();
    }
    await Promise.all(this.inFlight);
  }

  private async run(payload: unknown): Promise<void> {
    const { config, timeScale } = this.options;
    const requestId = randomUUID();
    const expiresAt = Date.now() + (config?.maxEventAgeMs ?? 6 * 3_600_000 * timeScale);
    const maxTries = 1 + (config?.maxRetryAttempts ?? 2);
    for (let tries = 1; !this.isStopped; tries += 1) {
      const result = await this.options.invoke(payload, requestId);
      if (result.outcome === 'ok' || this.isStopped) return;
      if (tries >= maxTries) return this.giveUp(payload, result, tries, 'RetriesExhausted');
      const delayMs = (retryDelaysMs[tries - 1] ?? 0) * timeScale;
      if (Date.now() + delayMs >= expiresAt) return this.giveUp(payload, result, tries, 'EventAgeExceeded');
      await this.wait(delayMs);
    }
  }

  private async giveUp(
    payload: unknown,
    result: InvocationResult,
    tries: number,
    condition: string,
  ): Promise<void> {
    const { config, fn, sendToQueue } = this.options;
    if (!config?.onFailureQueueArn) return;
    const record = {
      version: '1.0',
      timestamp: new Date().toISOString(),
      requestContext: {
        requestId: result.requestId,
        functionArn: `${fn.arn}:$LATEST`,
        condition,
        approximateInvokeCount: tries,
      },
      requestPayload: payload,
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: result.outcome === 'ok' ? result.payload : result.error,
    };
    await sendToQueue(config.onFailureQueueArn, JSON.stringify(record));
  }

  private wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiting.delete(timer);
        resolve();
      }, delayMs);
      this.waiting.set(timer, resolve);
    });
  }
}
