import type { IncomingMessage } from 'node:http';
import { reservedPrefix } from '../../shared/raw-files/object-key.ts';
import type { Step } from './steps.ts';

/** Which step a request to S3 is. */
export function s3StepOf({ method, url = '' }: IncomingMessage): Step | undefined {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  if (method === 'GET' && searchParams.has('versions')) return 'list-versions';
  const key = pathname.split('/').slice(2).join('/');
  if (key === '' || key.startsWith(reservedPrefix)) return undefined;
  if (method === 'PUT') return 'put-object';
  if (method === 'HEAD') return 'head-object';
  return method === 'GET' ? 'get-object' : undefined;
}

const queueSteps: Readonly<Record<string, Step>> = {
  'AmazonSQS.SendMessageBatch': 'send-message',
  'AmazonSQS.ChangeMessageVisibility': 'delay-message',
  'AmazonSQS.DeleteMessage': 'delete-message',
  'AmazonSQS.DeleteMessageBatch': 'delete-message',
};

/** Which step a request to the queues or the topic is. */
export function queueStepOf({ headers }: IncomingMessage, body: string): Step | undefined {
  const operation = String(headers['x-amz-target'] ?? '');
  if (operation === 'AmazonSQS.ReceiveMessage') {
    // The pollers of the normalize queue wait for messages; the sweep checks for dead-letter messages.
    return body.includes('"WaitTimeSeconds"') ? undefined : 'receive-dead-letters';
  }
  return queueSteps[operation] ?? (/(^|&)Action=Publish(&|$)/.test(body) ? 'publish' : undefined);
}
