import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { encodeNormalizeMessage } from '../raw-files/normalize-message.ts';
import type { Queue } from '../raw-files/queue-raw-files.ts';

/** Maximum number of messages that SQS accepts in one request. */
const messagesPerRequest = 10;

/** SQS did not accept every message; the rejected ones have to be sent again. */
export class MessagesRejectedError extends Error {
  readonly code = 'messages-rejected';
  constructor(reasons: readonly string[]) {
    super(`SQS rejected ${reasons.length} messages: ${[...new Set(reasons)].join('; ')}`);
    this.name = 'MessagesRejectedError';
  }
}

/**
 * Puts raw files on the normalize queue.
 * @throws MessagesRejectedError, and what the SDK throws; some of the messages may have been sent then
 */
export function normalizeSender(sqs: SQSClient, queueUrl: string): Queue {
  return async (rawFileIds) => {
    for (let from = 0; from < rawFileIds.length; from += messagesPerRequest) {
      const Entries = rawFileIds
        .slice(from, from + messagesPerRequest)
        .map((rawFileId, index) => ({ Id: String(index), MessageBody: encodeNormalizeMessage(rawFileId) }));
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      if (Failed.length > 0)
        throw new MessagesRejectedError(Failed.map(({ Code, Message }) => Message ?? `${Code}`));
    }
  };
}

/** Sets when a received message becomes visible again. */
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
