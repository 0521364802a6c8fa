import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import type { Authority } from './iam/authority.ts';
import type { Credentials } from './iam/credentials.ts';
import { gateQueueServer } from './iam/gate-queue-server.ts';
import type { QueueDescription, StackDescription } from './template/description.ts';

/** fauxqs' account, which cannot be configured. */
export const localAccountId = '000000000000';

/** The emulator of SQS and SNS. Its messages live in memory and go with it. */
export interface QueueServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts SQS and SNS on the loopback interface (fauxqs' own start would listen on all).
 * @param port 0 for a free one
 * @param authority checks each request once it is set; without one, nothing is checked
 */
export async function startQueueServer(
  region: string,
  port = 0,
  authority: () => Authority | undefined = () => undefined,
): Promise<QueueServer> {
  const app = buildApp({ logger: false, defaultRegion: region });
  gateQueueServer(app, authority, { region, accountId: localAccountId });
  const url = await app.listen({ port, host: '127.0.0.1' });
  return { url, close: () => app.close() };
}

export interface ReceiveOptions {
  readonly maxMessages: number;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** The stack's queues, as the event sources, the failure destinations and tests use them. */
export class Queues {
  private readonly sqs: SQSClient;
  private readonly sns: SNSClient;
  private readonly byArn: Map<string, QueueDescription>;
  private readonly url: string;
  private readonly region: string;

  /** @param queues those that another instance knows */
  constructor(
    url: string,
    { region, credentials }: { readonly region: string; readonly credentials: Credentials },
    queues: ReadonlyMap<string, QueueDescription> = new Map(),
  ) {
    this.url = url;
    this.region = region;
    this.byArn = new Map(queues);
    const options = { endpoint: url, region, credentials };
    this.sqs = new SQSClient(options);
    this.sns = new SNSClient(options);
  }

  /** The same queues, used with other credentials. */
  as(credentials: Credentials): Queues {
    return new Queues(this.url, { region: this.region, credentials }, this.byArn);
  }

  /** Creates queues, topics and subscriptions as described. */
  async create({ queues, topics, subscriptions }: StackDescription): Promise<void> {
    for (const queue of queues) this.byArn.set(queue.arn, queue);
    await Promise.all(queues.map((queue) => this.createQueue(queue)));
    await Promise.all(topics.map(({ name }) => this.sns.send(new CreateTopicCommand({ Name: name }))));
    for (const { topicArn, queueArn, attributes } of subscriptions) {
      await this.sns.send(
        new SubscribeCommand({
          TopicArn: topicArn,
          Protocol: 'sqs',
          Endpoint: queueArn,
          Attributes: { ...attributes },
        }),
      );
    }
  }

  /** The queue whose logical id starts with this name or whose ARN this is; throws when there is none. */
  find(nameOrArn: string): QueueDescription {
    const queues = [...this.byArn.values()];
    const queue =
      this.byArn.get(nameOrArn) ??
      queues.find(({ logicalId }) => logicalId === nameOrArn) ??
      queues.find(({ logicalId }) => logicalId.replace(/[0-9A-F]{8}$/, '') === nameOrArn);
    if (!queue) {
      throw new Error(`no queue ${nameOrArn}; there are ${queues.map((q) => q.logicalId).join(', ')}`);
    }
    return queue;
  }

  async send(queue: string, body: string): Promise<void> {
    await this.sqs.send(new SendMessageCommand({ QueueUrl: this.find(queue).url, MessageBody: body }));
  }

  /** Receives with the template's visibility timeout, to the millisecond where it is scaled down. */
  async receive(queue: string, { maxMessages, waitMs, signal }: ReceiveOptions): Promise<readonly Message[]> {
    const { url, visibilityTimeoutMs } = this.find(queue);
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: maxMessages,
      WaitTimeSeconds: waitMs / 1000,
      VisibilityTimeout: visibilityTimeoutMs / 1000,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    const { Messages } = await this.sqs.send(command, { abortSignal: signal });
    return Messages ?? [];
  }

  async delete(queue: string, messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    const entries = messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
    await this.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: this.find(queue).url, Entries: entries }));
  }

  /** How many messages are where, as CloudWatch would show it. */
  async counts(queue: string): Promise<QueueCounts> {
    const command = new GetQueueAttributesCommand({
      QueueUrl: this.find(queue).url,
      AttributeNames: ['All'],
    });
    const { Attributes: a = {} } = await this.sqs.send(command);
    return {
      visible: Number(a.ApproximateNumberOfMessages),
      inFlight: Number(a.ApproximateNumberOfMessagesNotVisible),
      delayed: Number(a.ApproximateNumberOfMessagesDelayed),
    };
  }

  close(): void {
    this.sqs.destroy();
    this.sns.destroy();
  }

  private async createQueue({
    name,
    visibilityTimeoutMs,
    delayMs,
    redrive,
  }: QueueDescription): Promise<void> {
    const attributes = {
      VisibilityTimeout: String(Math.ceil(visibilityTimeoutMs / 1000)),
      DelaySeconds: String(Math.round(delayMs / 1000)),
      ...(redrive && {
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: redrive.deadLetterArn,
          maxReceiveCount: redrive.maxReceiveCount,
        }),
      }),
    };
    await this.sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  }
}
