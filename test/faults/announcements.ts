import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { LocalStack } from '../../infra/local/stack.ts';

/** A queue that is subscribed to the topic of announcements. */
export class Announcements {
  /** What was received, in order; SNS may deliver one more than once. */
  readonly received: unknown[] = [];
  private readonly sqs: SQSClient;
  private readonly queueUrl: string;

  private constructor(sqs: SQSClient, queueUrl: string) {
    this.sqs = sqs;
    this.queueUrl = queueUrl;
  }

  /** @param endpoint SQS and SNS without faults, since a subscriber's calls are none of the system's steps */
  static async subscribe({ s3, description }: LocalStack, endpoint: string): Promise<Announcements> {
    const { region, credentials } = s3;
    const sqs = new SQSClient({ endpoint, region, credentials, useQueueUrlAsEndpoint: false });
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'subscriber' }));
    const sns = new SNSClient({ endpoint, region, credentials });
    const [topic] = description.topics;
    const [queue] = description.queues;
    const arn = `${queue?.arn.slice(0, queue.arn.lastIndexOf(':'))}:subscriber`;
    await sns.send(new SubscribeCommand({ TopicArn: topic?.arn, Protocol: 'sqs', Endpoint: arn }));
    sns.destroy();
    return new Announcements(sqs, QueueUrl);
  }

  /** Waits for announcements. @returns their messages, to be deleted once they are handled */
  async receive(waitSeconds: number): Promise<readonly Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.queueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: waitSeconds,
    });
    const { Messages = [] } = await this.sqs.send(command);
    this.received.push(...Messages.map(({ Body = '' }) => JSON.parse(JSON.parse(Body).Message)));
    return Messages;
  }

  async delete(messages: readonly Message[]): Promise<void> {
    for (const { ReceiptHandle } of messages) {
      await this.sqs.send(new DeleteMessageCommand({ QueueUrl: this.queueUrl, ReceiptHandle }));
    }
  }

  /** Receives what is left. @returns all that were received */
  async receiveAll(): Promise<readonly unknown[]> {
    for (let left = await this.receive(0); left.length > 0; left = await this.receive(0)) {
      await this.delete(left);
    }
    return this.received;
  }

  close(): void {
    this.sqs.destroy();
  }
}
