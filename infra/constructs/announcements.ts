import { CfnOutput, Duration, Validations } from 'aws-cdk-lib';
import { SubscriptionProtocol, Topic } from 'aws-cdk-lib/aws-sns';
import { UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';
import type { IngestFunction } from './ingest-function.ts';

/** The topic `file-normalized`, for whoever keeps a copy of the usage data. */
export class Announcements extends Construct {
  private readonly topic: Topic;

  constructor(scope: Construct, id: string, { announcementEndpoint }: Settings) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { displayName: 'file-normalized', enforceSSL: true });
    if (announcementEndpoint !== null) this.addEndpoint(announcementEndpoint);
    new CfnOutput(this, 'TopicArn', { value: this.topic.topicArn });
  }

  /** Lets a function announce normalized files. */
  grantPublish(fn: IngestFunction): void {
    fn.setEnvironment('announcementTopicArn', this.topic.topicArn);
    fn.allow(['sns:Publish'], [this.topic.topicArn]);
  }

  /** SNS retries for about an hour; what the endpoint has not accepted by then is kept in a dead-letter queue for two weeks. */
  private addEndpoint(endpoint: string): void {
    const deadLetters = new Queue(this, 'Undelivered', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const reason = 'It is the dead-letter queue of the subscription.';
    Validations.of(deadLetters).acknowledge(
      { id: 'AwsSolutions::AwsSolutions-SQS3', reason },
      { id: 'Serverless::Serverless-SQSRedrivePolicy', reason },
    );
    this.topic.addSubscription(
      new UrlSubscription(endpoint, {
        protocol: SubscriptionProtocol.HTTPS,
        deadLetterQueue: deadLetters,
      }),
    );
    new CfnOutput(this, 'UndeliveredUrl', { value: deadLetters.queueUrl });
  }
}
