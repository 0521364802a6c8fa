import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { sqsClient } from '../../shared/aws/sqs-client.ts';

test('In a network that reaches AWS over IPv6 only, SQS is asked at the endpoint that answers there', async () => {
  vi.stubEnv('AWS_USE_DUALSTACK_ENDPOINT', 'true');
  onTestFinished(() => void vi.unstubAllEnvs());
  const hosts: string[] = [];
  const sqs = sqsClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    requestHandler: {
      handle: (request: { hostname: string }) => {
        hosts.push(request.hostname);
        throw new Error('goes nowhere');
      },
    },
  });
  const QueueUrl = 'https://sqs.us-east-1.amazonaws.com/111111111111/queue';

  await expect(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }))).rejects.toThrow(
    'goes nowhere',
  );

  expect(hosts).toEqual(['sqs.us-east-1.api.aws']);
});
