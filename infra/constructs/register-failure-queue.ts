import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { IngestFunction } from './ingest-function.ts';

/** S3 events that register failed to handle three times, kept for two weeks with the reason. */
export class RegisterFailureQueue extends Queue {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
  }

  /** Lets a function take the failed events and register their objects again. */
  sweptBy(fn: IngestFunction): void {
    fn.setEnvironment('registerFailureQueueUrl', this.queueUrl);
    this.grantConsumeMessages(fn);
  }
}
