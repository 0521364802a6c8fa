import { CfnOutput } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { IngestFunction } from './ingest-function.ts';

/** The topic `file-normalized`, for whoever keeps a copy of the usage data. */
export class Announcements extends Construct {
  private readonly topic: Topic;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { displayName: 'file-normalized', enforceSSL: true });
    new CfnOutput(this, 'TopicArn', { value: this.topic.topicArn });
  }

  /** Lets a function announce normalized files. */
  grantPublish(fn: IngestFunction): void {
    fn.setEnvironment('announcementTopicArn', this.topic.topicArn);
    fn.allow(['sns:Publish'], [this.topic.topicArn]);
  }
}
