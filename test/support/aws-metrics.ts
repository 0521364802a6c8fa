import type { Message } from '@aws-sdk/client-sqs';
import type { LocalStack } from '../../infra/local/stack.ts';
import type { EmittedMetric } from './emitted-metrics.ts';

/** A message that its queue has not delivered. */
export interface WaitingMessage {
  readonly queueArn: string;
  readonly message: Message;
}

/**
 * The metrics of SQS and Lambda as far as a local run knows them, with the dimensions that a template gives them.
 * @param failed names of the functions that ended in an error
 * @param agedMs how much time is taken to have passed since the messages were sent
 */
export async function awsMetrics(
  { description, queues }: LocalStack,
  { failed, waiting, agedMs }: AwsFacts,
): Promise<readonly EmittedMetric[]> {
  const ofQueues = description.queues.map(async ({ arn, logicalId }) => {
    const { visible, inFlight } = await queues.counts(arn);
    const ages = waiting
      .filter(({ queueArn }) => queueArn === arn)
      .map(({ message }) => Date.now() - Number(message.Attributes?.SentTimestamp) + agedMs);
    const metric = (name: string, value: number) =>
      awsMetric('AWS/SQS', name, { QueueName: `<${logicalId}.QueueName>` }, value);
    return [
      metric('ApproximateNumberOfMessagesVisible', visible),
      metric('ApproximateNumberOfMessagesNotVisible', inFlight),
      metric('ApproximateAgeOfOldestMessage', Math.max(0, ...ages) / 1000),
    ];
  });
  const ofFunctions = description.functions.map(({ name, logicalId }) =>
    awsMetric(
      'AWS/Lambda',
      'Errors',
      { FunctionName: `<${logicalId}>` },
      failed.filter((one) => one === name).length,
    ),
  );
  return [...(await Promise.all(ofQueues)).flat(), ...ofFunctions];
}

interface AwsFacts {
  readonly failed: readonly string[];
  readonly waiting: readonly WaitingMessage[];
  readonly agedMs: number;
}

function awsMetric(
  namespace: string,
  name: string,
  dimensions: EmittedMetric['dimensions'],
  value: number,
): EmittedMetric {
  return { namespace, name, dimensions, value, unit: '' };
}
