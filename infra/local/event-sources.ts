import { setTimeout as wait } from 'node:timers/promises';
import type { Message } from '@aws-sdk/client-sqs';
import type {
  SQSBatchResponse,
  SQSEvent,
  SQSMessageAttributes,
  SQSRecord,
  SQSRecordAttributes,
} from 'aws-lambda';
import type { Intercept } from './intercept.ts';
import type { InvocationResult } from './lambda/protocol.ts';
import type { Queues } from './queues.ts';
import type { EventSourceDescription } from './template/description.ts';

export interface EventSourceOptions {
  readonly source: EventSourceDescription;
  /** With the function's credentials: Lambda polls in the function's role. */
  readonly queues: Queues;
  readonly region: string;
  /** Batches at once that the function can take; the template's maximum concurrency can only lower it. */
  readonly concurrency: number;
  readonly invoke: (event: SQSEvent) => Promise<InvocationResult>;
  readonly intercept?: Intercept;
}

const longPollMs = 20_000;
const retryReceiveMs = 200;

/** An event source mapping: polls a queue, invokes the function with batches, deletes what it has handled. */
export class QueueEventSource {
  private readonly options: EventSourceOptions;
  private readonly abort = new AbortController();

  constructor(options: EventSourceOptions) {
    this.options = options;
    const { source, concurrency } = options;
    const pollers = Math.min(concurrency, source.maxConcurrency ?? Infinity);
    for (let i = 0; i < pollers; i += 1) void this.poll();
  }

  /** Stops polling. Batches in flight continue as long as their function runs. */
  stop(): void {
    this.abort.abort();
  }

  private async poll(): Promise<void> {
    const { signal } = this.abort;
    const delayed = new Set<Promise<void>>();
    while (!signal.aborted) {
      const received = await this.receive();
      const atOnce: Message[] = [];
      for (const message of received) {
        for (const delayMs of await this.deliveries(message)) {
          if (delayMs === 0 && !atOnce.includes(message)) atOnce.push(message);
          else {
            const later = this.deliverLater(message, delayMs).finally(() => delayed.delete(later));
            delayed.add(later);
          }
        }
      }
      if (atOnce.length > 0 && !signal.aborted) await this.deliver(atOnce);
    }
    await Promise.all(delayed);
  }

  private async receive(): Promise<readonly Message[]> {
    const { queues, source } = this.options;
    const { signal } = this.abort;
    try {
      return await queues.receive(source.queueArn, {
        maxMessages: source.batchSize,
        waitMs: longPollMs,
        signal,
      });
    } catch (error) {
      if (signal.aborted) return [];
      console.error(`receiving from ${source.queueArn} failed, will retry:`, error);
      await sleep(retryReceiveMs, signal);
      return [];
    }
  }

  private async deliveries(message: Message): Promise<readonly number[]> {
    const { intercept, source } = this.options;
    return (await intercept?.sqsMessage?.(message, source.queueArn)) ?? [0];
  }

  private async deliverLater(message: Message, delayMs: number): Promise<void> {
    await sleep(delayMs, this.abort.signal);
    if (!this.abort.signal.aborted) await this.deliver([message]);
  }

  private async deliver(messages: readonly Message[]): Promise<void> {
    const { source, queues, region, invoke } = this.options;
    const Records = messages.map((message) => recordOf(message, source.queueArn, region));
    const failed = failedIds(await invoke({ Records }), source.reportsBatchItemFailures);
    const handled = messages.filter(({ MessageId }) => failed !== 'all' && !failed.has(MessageId ?? ''));
    // A message that is not deleted is delivered again: at-least-once delivery, and no reason to stop polling.
    await queues.delete(source.queueArn, handled).catch((error: unknown) => {
      if (!this.abort.signal.aborted) console.error(`deleting from ${source.queueArn} failed:`, error);
    });
  }
}

/** Which messages of a batch to leave in the queue, as Lambda reads a function's response. */
function failedIds(result: InvocationResult, reportsBatchItemFailures: boolean): ReadonlySet<string> | 'all' {
  if (result.outcome !== 'ok') return 'all';
  if (!reportsBatchItemFailures) return new Set();
  const failures = (result.payload as Partial<SQSBatchResponse> | null)?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return 'all';
  const ids = failures.map((failure) => failure?.itemIdentifier);
  // Lambda treats a response that it cannot parse as a failure of the whole batch.
  return ids.every((id) => typeof id === 'string' && id !== '') ? new Set(ids) : 'all';
}

function recordOf(message: Message, queueArn: string, region: string): SQSRecord {
  const attributes: SQSMessageAttributes = {};
  for (const [name, value] of Object.entries(message.MessageAttributes ?? {})) {
    attributes[name] = {
      dataType: value.DataType ?? 'String',
      ...(value.StringValue === undefined ? {} : { stringValue: value.StringValue }),
      ...(value.BinaryValue ? { binaryValue: Buffer.from(value.BinaryValue).toString('base64') } : {}),
      stringListValues: [],
      binaryListValues: [],
    };
  }
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    // Requested as `All`: the SDK types every attribute as optional, Lambda passes those that SQS always gives.
    attributes: { ...message.Attributes } as unknown as SQSRecordAttributes,
    messageAttributes: attributes,
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}

/** Waits for a time, or until the signal aborts. */
async function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  await wait(delayMs, undefined, { signal }).catch(() => {});
}
