import { Duration } from 'aws-cdk-lib';

/** How the sweep, and people, receive from a dead-letter queue. */
export const deadLetterReceiveSettings = {
  /** The sweep's timeout, so that no two runs handle the same message, and less than its interval, so that each sees all. */
  visibilityTimeout: Duration.minutes(4),
  /** A receive that does not wait asks only some of SQS's servers, and may miss the few messages there are. */
  receiveMessageWaitTime: Duration.seconds(1),
} as const;
