import { CfnOutput, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { deadLetterReceiveSettings } from './dead-letter-receive-settings.ts';
import type { IngestFunction } from './ingest-function.ts';

/** Delay before the second attempt at a message; the later delays are multiples of it. */
const firstRetry = Duration.seconds(5);
/** With the delays that normalize asks for, this outlasts two hours without a database. */
const maxReceives = 12;

export interface NormalizeQueueProps {
  /** Timeout of the function that consumes the queue. */
  readonly consumerTimeout: Duration;
  /** Maximum concurrency of the consumer; each invocation takes up to two connections to the database. */
  readonly maxConcurrency: number;
}

/** One message for each raw file to normalize. A message that fails every attempt is moved to the dead-letter queue. */
export class NormalizeQueue extends Construct {
  readonly consumerTimeout: Duration;
  /** How long the message of a worker that died stays hidden. */
  readonly visibilityTimeout: Duration;
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  private readonly maxConcurrency: number;

  constructor(scope: Construct, id: string, props: NormalizeQueueProps) {
    super(scope, id);
    this.consumerTimeout = props.consumerTimeout;
    this.maxConcurrency = props.maxConcurrency;
    // AWS recommends six times the consumer's timeout, so that a batch being retried is not delivered twice.
    this.visibilityTimeout = Duration.seconds(6 * props.consumerTimeout.toSeconds());
    const { stackName } = Stack.of(this);
    // The two queues refer to each other, so one of the names has to be fixed.
    const queueName = `${stackName}-normalize`;
    const queueArn = Stack.of(this).formatArn({ service: 'sqs', resource: queueName });
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      ...deadLetterReceiveSettings,
      redriveAllowPolicy: {
        redrivePermission: RedrivePermission.BY_QUEUE,
        sourceQueues: [Queue.fromQueueArn(this, 'Source', queueArn)],
      },
    });
    Validations.of(this.deadLetterQueue).acknowledge({
      id: 'Serverless::Serverless-SQSRedrivePolicy',
      reason: 'A dead-letter queue needs none of its own; an alarm goes off when a message is in it.',
    });
    this.queue = new Queue(this, 'Queue', {
      queueName,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      visibilityTimeout: this.visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: maxReceives },
    });
    new CfnOutput(this, 'Url', { value: this.queue.queueUrl, description: 'Files to normalize' });
    new CfnOutput(this, 'DeadLettersUrl', {
      value: this.deadLetterQueue.queueUrl,
      description: 'Dead-letter queue',
    });
  }

  /** Lets a function queue raw files. */
  grantSend(fn: IngestFunction): void {
    fn.setEnvironment('normalizeQueueUrl', this.queue.queueUrl);
    fn.allow(['sqs:SendMessage'], [this.queue.queueArn]);
  }

  /** Makes a function the consumer of the queue. A message that fails is retried alone, after a delay that the function sets. */
  addConsumer(fn: IngestFunction): void {
    fn.addEventSourceMapping('NormalizeQueue', {
      eventSourceArn: this.queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      maxConcurrency: this.maxConcurrency,
    });
    fn.setEnvironment('normalizeQueueUrl', this.queue.queueUrl);
    fn.setEnvironment('normalizeRetrySeconds', String(firstRetry.toSeconds()));
    // The first three are for Lambda's poller, which acts in the function's role.
    fn.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
      [this.queue.queueArn],
    );
    Validations.of(fn).acknowledge({
      id: 'Serverless::Serverless-LambdaEventSourceMappingDestination',
      reason: 'The source is a queue, which has its own dead-letter queue.',
    });
  }

  /** Lets a function take dead-letter messages and queue their files again. */
  grantSweep(fn: IngestFunction): void {
    this.grantSend(fn);
    fn.setEnvironment('normalizeDeadLetterQueueUrl', this.deadLetterQueue.queueUrl);
    fn.allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage'], [this.deadLetterQueue.queueArn]);
  }
}
