import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DeadLetterQueue } from '../sweep/ports.ts';

/** A queue of what failed for good. Its visibility timeout has to outlast a sweep, so that a letter is met once in it. */
export function sqsDeadLetterQueue(sqs: SQSClient, queueUrl: string): DeadLetterQueue {
  return {
    async receive() {
      const { Messages } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
      );
      return (Messages ?? []).map(({ Body, ReceiptHandle }) => ({
        body: Body ?? '',
        delete: async () => {
          await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
        },
      }));
    },
  };
}
