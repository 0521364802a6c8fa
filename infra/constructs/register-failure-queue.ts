import { CfnOutput, Duration, Validations } from 'aws-cdk-lib';
import type { IDestination } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { deadLetterReceiveSettings } from './dead-letter-receive-settings.ts';
import type { IngestFunction } from './ingest-function.ts';

/** The failure destination of register: S3 events that failed three times, kept for two weeks with the error. */
export class RegisterFailureQueue extends Queue {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      ...deadLetterReceiveSettings,
      redriveAllowPolicy: { redrivePermission: RedrivePermission.DENY_ALL }, // Lambda sends to it, no queue does
    });
    new CfnOutput(this, 'Url', {
      value: this.queueUrl,
      description: 'S3 events that register failed to handle',
    });
    const reason = 'It is a failure destination; an alarm goes off for whatever the sweep leaves in it.';
    Validations.of(this).acknowledge(
      { id: 'AwsSolutions::AwsSolutions-SQS3', reason },
      { id: 'Serverless::Serverless-SQSRedrivePolicy', reason },
    );
  }

  /** Makes the queue the failure destination of a function's asynchronous invocations; Lambda sends in the function's role. */
  destinationFor(fn: IngestFunction): IDestination {
    fn.allow(['sqs:SendMessage'], [this.queueArn]);
    return { bind: () => ({ destination: this.queueArn }) };
  }

  /** Lets a function take the failed events and register their objects again. */
  grantSweep(fn: IngestFunction): void {
    fn.setEnvironment('registerFailureQueueUrl', this.queueUrl);
    fn.allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage'], [this.queueArn]);
  }
}
