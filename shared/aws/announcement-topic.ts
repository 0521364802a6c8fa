import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { logger } from '../observability/logger.ts';
import type { Publish } from '../raw-files/announce.ts';

/** Publishes announcements, with attributes that subscribers filter on: source, and whether anything was inserted. */
export function announcementPublisher(sns: SNSClient, topicArn: string): Publish {
  return async (announcement) => {
    const { id: rawFileId, source, intervalsInserted } = announcement;
    const { MessageId: messageId } = await sns.send(
      new PublishCommand({
        TopicArn: topicArn,
        Message: JSON.stringify(announcement),
        MessageAttributes: {
          source: { DataType: 'String', StringValue: source },
          intervalsInserted: { DataType: 'Number', StringValue: String(intervalsInserted) },
        },
      }),
    );
    logger.info('file announced', { rawFileId, messageId });
  };
}
