import { CfnOutput, Duration, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { IngestFunction } from './ingest-function.ts';
import { readAsDeadLetters } from './normalize-queue.ts';

/** S3 events that register failed to handle three times, kept for two weeks with the reason. */
export class RegisterFailureQueue extends Queue {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      ...readAsDeadLetters,
      redriveAllowPolicy: { redrivePermission: RedrivePermission.DENY_ALL }, // Lambda sends to it, no queue does
    });
    new CfnOutput(this, 'Url', { value: this.queueUrl, description: 'Events that register gave up' });
    const reason =
      'It is where failures end up; what the sweep cannot mend stays in it, and an alarm says so.';
    Validations.of(this).acknowledge(
      { id: 'AwsSolutions::AwsSolutions-SQS3', reason },
      { id: 'Serverless::Serverless-SQSRedrivePolicy', reason },
    );
  }

  /** Lets a function take the failed events and register their objects again. */
  sweptBy(fn: IngestFunction): void {
    fn.setEnvironment('registerFailureQueueUrl', this.queueUrl);
    this.grantConsumeMessages(fn);
  }
}
