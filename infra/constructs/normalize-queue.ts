import { CfnOutput, Duration, Stack, Validations } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { IngestFunction } from './ingest-function.ts';

/** Of the waits between two tries of a message; the others follow from it. */
const firstRetry = Duration.seconds(5);
/** With the delays normalize asks for, some two hours of a database that is away. */
const maxReceives = 12;
/** How a queue of failures is read: by the sweep, and by people. */
export const readAsDeadLetters = {
  /** As long as a sweep may run, so that no two work on the same letter; less than its interval, so that each meets all. */
  visibilityTimeout: Duration.minutes(4),
  /** A receive that does not wait asks some of SQS's servers only, and often finds nothing where there is something. */
  receiveMessageWaitTime: Duration.seconds(1),
} as const;

export interface NormalizeQueueProps {
  /** Timeout of the function that consumes the queue. */
  readonly consumerTimeout: Duration;
  /** Workers at once, two connections to the database each. */
  readonly maxConcurrency: number;
}

/** One message a raw file to normalize; what no worker could finish lands in the dead-letter queue. */
export class NormalizeQueue extends Construct {
  readonly consumerTimeout: Duration;
  /** How long a message stays hidden whose worker died without a word. */
  readonly visibilityTimeout: Duration;
  readonly queue: Queue;
  readonly deadLetters: Queue;
  private readonly maxConcurrency: number;

  constructor(scope: Construct, id: string, props: NormalizeQueueProps) {
    super(scope, id);
    this.consumerTimeout = props.consumerTimeout;
    this.maxConcurrency = props.maxConcurrency;
    // AWS asks for six times the consumer's timeout, so that a batch in retry is not handed out twice.
    this.visibilityTimeout = Duration.seconds(6 * props.consumerTimeout.toSeconds());
    const { stackName } = Stack.of(this);
    // Each names the other, which only works when one of the names is known beforehand.
    const queueName = `${stackName}-normalize`;
    const queueArn = Stack.of(this).formatArn({ service: 'sqs', resource: queueName });
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      ...readAsDeadLetters,
      redriveAllowPolicy: {
        redrivePermission: RedrivePermission.BY_QUEUE,
        sourceQueues: [Queue.fromQueueArn(this, 'Source', queueArn)],
      },
    });
    Validations.of(this.deadLetters).acknowledge({
      id: 'Serverless::Serverless-SQSRedrivePolicy',
      reason: 'It is the end of the line; an alarm says when something is in it.',
    });
    this.queue = new Queue(this, 'Queue', {
      queueName,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      visibilityTimeout: this.visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: maxReceives },
    });
    new CfnOutput(this, 'Url', { value: this.queue.queueUrl, description: 'Files to normalize' });
    new CfnOutput(this, 'DeadLettersUrl', { value: this.deadLetters.queueUrl, description: 'Given up' });
  }

  sentBy(fn: IngestFunction): void {
    fn.setEnvironment('normalizeQueueUrl', this.queue.queueUrl);
    this.queue.grantSendMessages(fn);
  }

  /** Feeds the queue to a function; a message that fails is retried alone. */
  consumedBy(fn: IngestFunction): void {
    fn.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        maxConcurrency: this.maxConcurrency,
      }),
    );
    fn.setEnvironment('normalizeQueueUrl', this.queue.queueUrl);
    fn.setEnvironment('normalizeRetrySeconds', String(firstRetry.toSeconds()));
    Validations.of(fn).acknowledge({
      id: 'Serverless::Serverless-LambdaEventSourceMappingDestination',
      reason: 'The source is a queue, whose failures end in its own dead-letter queue.',
    });
  }

  /** Lets a function take dead letters and send what is worth it on its way again. */
  sweptBy(fn: IngestFunction): void {
    this.sentBy(fn);
    fn.setEnvironment('normalizeDeadLetterQueueUrl', this.deadLetters.queueUrl);
    this.deadLetters.grantConsumeMessages(fn);
  }
}
