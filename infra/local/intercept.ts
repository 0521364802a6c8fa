import type { Message } from '@aws-sdk/client-sqs';
import type { S3EventRecord } from 'aws-lambda';

/**
 * Where tests and the fault-injection harness get between the parts. Each returns the delays, in milliseconds, after
 * which the thing is delivered: `[0]` is normal delivery, `[]` loses it, `[0, 500]` delivers it twice. A promise
 * delays it until it resolves.
 */
export interface Intercept {
  readonly s3Event?: (record: S3EventRecord) => Deliveries | Promise<Deliveries>;
  /** A lost message stays in flight and is delivered again after its visibility timeout. */
  readonly sqsMessage?: (message: Message, queueArn: string) => Deliveries | Promise<Deliveries>;
}

export type Deliveries = readonly number[];

/**
 * Puts a proxy between a service and its callers: receives the address of the service, and returns the address to call
 * instead. Queues and topics are one service here.
 */
export type Interpose = (service: 's3' | 'queues', url: string) => Promise<string>;
