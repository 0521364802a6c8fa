import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { encodeNormalizeMessage } from '../raw-files/normalize-message.ts';
import type { Queue } from '../raw-files/queue-raw-files.ts';

/** SQS takes so many messages with one request. */
const messagesPerRequest = 10;

/** The queue took not every message; those it did not take have to be sent again. */
export class MessagesRefusedError extends Error {
  readonly code = 'messages-refused';
  constructor(reasons: readonly string[]) {
    super(`SQS refused ${reasons.length} messages: ${[...new Set(reasons)].join('; ')}`);
    this.name = 'MessagesRefusedError';
  }
}

/**
 * Puts raw files on the normalize queue.
 * @throws MessagesRefusedError, and what the SDK throws; some of the messages may have been sent then
 */
export function normalizeSender(sqs: SQSClient, queueUrl: string): Queue {
  return async (rawFileIds) => {
    for (let from = 0; from < rawFileIds.length; from += messagesPerRequest) {
      const Entries = rawFileIds
        .slice(from, from + messagesPerRequest)
        .map((rawFileId, index) => ({ Id: String(index), MessageBody: encodeNormalizeMessage(rawFileId) }));
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      if (Failed.length > 0)
        throw new MessagesRefusedError(Failed.map(({ Code, Message }) => Message ?? `${Code}`));
    }
  };
}

/** Has a received message come back after a while, instead of when its visibility timeout ends. */
export async function delayMessage(
  sqs: SQSClient,
  queueUrl: string,
  receiptHandle: string,
  delaySeconds: number,
): Promise<void> {
  await sqs.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: queueUrl,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: delaySeconds,
    }),
  );
}
