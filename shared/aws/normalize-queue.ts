import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { encodeNormalizeMessage } from '../raw-files/normalize-message.ts';

/** Puts raw files on the normalize queue. */
export function normalizeSender(sqs: SQSClient, queueUrl: string): (rawFileId: string) => Promise<void> {
  return async (rawFileId) => {
    await sqs.send(
      new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: encodeNormalizeMessage(rawFileId) }),
    );
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
