import type { Intent } from './service-gate.ts';

/** A request in a batch needs the right of a single one. */
const withoutBatch = (operation: string) => operation.replace(/Batch$/, '');

interface Place {
  readonly region: string;
  readonly accountId: string;
}

/** The actions of a request to SQS: JSON, with the queue named by its URL (or by its name, to create it). */
export function sqsIntent(target: string, body: Buffer, { region, accountId }: Place): Intent {
  const { QueueUrl, QueueName } = JSON.parse(body.toString() || '{}') as Record<string, string | undefined>;
  const name = QueueUrl?.split('/').at(-1) ?? QueueName ?? '*';
  const operation = target.replace(/^AmazonSQS\./, '');
  return { action: `sqs:${withoutBatch(operation)}`, resource: `arn:aws:sqs:${region}:${accountId}:${name}` };
}

/** The actions of a request to SNS: a form, with the topic named by its ARN (or by its name, to create it). */
export function snsIntent(body: Buffer, { region, accountId }: Place): Intent {
  const form = new URLSearchParams(body.toString());
  const name = form.get('Name') ?? '*';
  const resource = form.get('TopicArn') ?? `arn:aws:sns:${region}:${accountId}:${name}`;
  return { action: `sns:${withoutBatch(form.get('Action') ?? '')}`, resource };
}
