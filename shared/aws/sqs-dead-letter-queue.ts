import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DeadLetterQueue } from '../sweep/ports.ts';

/** How long a letter that is left alone stays hidden: past the run, so that it is met once in it. */
const visibilitySeconds = 120;

/** A queue of what failed for good. */
export function sqsDeadLetterQueue(sqs: SQSClient, queueUrl: string): DeadLetterQueue {
  return {
    async receive() {
      const { Messages } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: visibilitySeconds,
        }),
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
