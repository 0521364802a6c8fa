import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Publish } from '../raw-files/announce.ts';

/** Publishes announcements, with attributes that subscribers filter on: source, and whether anything was inserted. */
export function announcementPublisher(sns: SNSClient, topicArn: string): Publish {
  return async (announcement) => {
    const { source, intervalsInserted } = announcement;
    await sns.send(
      new PublishCommand({
        TopicArn: topicArn,
        Message: JSON.stringify(announcement),
        MessageAttributes: {
          source: { DataType: 'String', StringValue: source },
          intervalsInserted: { DataType: 'Number', StringValue: String(intervalsInserted) },
        },
      }),
    );
  };
}
