import { Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { IngestFunction } from './ingest-function.ts';

/** With the delays normalize asks for, some two hours of a database that is away. */
const maxReceives = 12;
/** Bounds what normalize asks of the database: workers at once, two connections each. */
const maxConcurrency = 10;

export interface NormalizeQueueProps {
  /** Timeout of the function that consumes the queue. */
  readonly consumerTimeout: Duration;
}

/** One message a raw file to normalize; what no worker could finish lands in the dead-letter queue. */
export class NormalizeQueue extends Construct {
  readonly consumerTimeout: Duration;
  private readonly queue: Queue;
  private readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: NormalizeQueueProps) {
    super(scope, id);
    this.consumerTimeout = props.consumerTimeout;
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      // AWS asks for six times the consumer's timeout, so that a batch in retry is not handed out twice.
      visibilityTimeout: Duration.seconds(6 * props.consumerTimeout.toSeconds()),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: maxReceives },
    });
  }

  sentBy(fn: IngestFunction): void {
    fn.setEnvironment('normalizeQueueUrl', this.queue.queueUrl);
    this.queue.grantSendMessages(fn);
  }

  /** Feeds the queue to a function; a message that fails is retried alone. */
  consumedBy(fn: IngestFunction): void {
    fn.addEventSource(
      new SqsEventSource(this.queue, { batchSize: 10, reportBatchItemFailures: true, maxConcurrency }),
    );
    fn.setEnvironment('normalizeQueueUrl', this.queue.queueUrl);
  }

  /** Lets a function take dead letters and send what is worth it on its way again. */
  sweptBy(fn: IngestFunction): void {
    this.sentBy(fn);
    fn.setEnvironment('normalizeDeadLetterQueueUrl', this.deadLetters.queueUrl);
    this.deadLetters.grantConsumeMessages(fn);
  }
}
