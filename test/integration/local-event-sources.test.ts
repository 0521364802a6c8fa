import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSEvent } from 'aws-lambda';
import { expect, onTestFinished, test } from 'vitest';
import { QueueEventSource } from '../../infra/local/event-sources.ts';
import type { Intercept } from '../../infra/local/intercept.ts';
import { AsyncInvoker } from '../../infra/local/lambda/async-invoker.ts';
import type { InvocationResult } from '../../infra/local/lambda/protocol.ts';
import { Queues, startQueueServer } from '../../infra/local/queues.ts';
import { describeStack } from '../../infra/local/template/describe.ts';
import { functionResource, testAccount, writeAssembly } from '../support/local-assembly.ts';

const credentials = { accessKeyId: 'LOCAL', secretAccessKey: 'secret' };
const ok = (payload: unknown): InvocationResult => ({ outcome: 'ok', requestId: 'r', payload });
const thrown: InvocationResult = {
  outcome: 'error',
  requestId: 'r',
  error: { errorType: 'Error', errorMessage: 'broken', trace: [] },
};

async function startQueues(mapping: object = {}) {
  const server = await startQueueServer('us-east-1');
  const queues = new Queues(server.url, { region: 'us-east-1', credentials });
  const assemblyDir = await writeAssembly({
    resources: {
      Work: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          VisibilityTimeout: 1,
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 2 },
        },
      },
      Dead: { Type: 'AWS::SQS::Queue' },
      Worker: functionResource('worker'),
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Work', 'Arn'] },
          FunctionName: { Ref: 'Worker' },
          BatchSize: 10,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          ...mapping,
        },
      },
    },
    code: { worker: 'export const handler = async () => {};' },
  });
  const account = { ...testAccount, queueEndpoint: server.url };
  const description = await describeStack({ assemblyDir, account, timeScale: 0.1 });
  await queues.create(description);
  onTestFinished(async () => {
    queues.close();
    await server.close();
  });
  return { queues, description };
}

type Consumer = (event: SQSEvent) => InvocationResult | Promise<InvocationResult>;

async function startConsumer(
  invoke: Consumer,
  { intercept, mapping }: { intercept?: Intercept; mapping?: object } = {},
) {
  const { queues, description } = await startQueues(mapping);
  const [source] = description.eventSources;
  if (!source) throw new Error('the template has no event source');
  const bodies: string[] = [];
  const consumer = new QueueEventSource({
    source,
    queues,
    region: 'us-east-1',
    concurrency: 4,
    invoke: async (event) => {
      bodies.push(...event.Records.map(({ body }) => body));
      return await invoke(event);
    },
    ...(intercept && { intercept }),
  });
  onTestFinished(() => consumer.stop());
  return { queues, bodies };
}

const isEmpty = async (queues: Queues, name: string) => {
  const { visible, inFlight } = await queues.counts(name);
  return visible + inFlight === 0;
};

test('a handled message is deleted', async () => {
  const { queues, bodies } = await startConsumer(() => ok(null));

  await queues.send('Work', 'a');

  await expect.poll(() => bodies).toEqual(['a']);
  await expect.poll(() => isEmpty(queues, 'Work')).toBe(true);
  expect(await isEmpty(queues, 'Dead')).toBe(true);
});

test('a record has the fields that Lambda sets', async () => {
  const events: SQSEvent[] = [];
  const { queues } = await startConsumer((event) => {
    events.push(event);
    return ok({ batchItemFailures: [] });
  });

  await queues.send('Work', 'a');

  await expect.poll(() => events.length).toBe(1);
  expect(events[0]?.Records[0]).toMatchObject({
    messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    body: 'a',
    attributes: { ApproximateReceiveCount: '1', SentTimestamp: expect.stringMatching(/^\d+$/) },
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:Test-Work',
    awsRegion: 'us-east-1',
  });
});

test('of a batch that fails in part, only the failed message is redelivered, and then moves to the dead-letter queue', async () => {
  const { queues, bodies } = await startConsumer(({ Records }) =>
    ok({
      batchItemFailures: Records.filter(({ body }) => body === 'bad').map(({ messageId }) => ({
        itemIdentifier: messageId,
      })),
    }),
  );

  for (const body of ['good', 'bad', 'better']) await queues.send('Work', body);

  await expect.poll(() => isEmpty(queues, 'Work'), { timeout: 5_000 }).toBe(true);
  expect(bodies.toSorted()).toEqual(['bad', 'bad', 'better', 'good']);
  expect(await queues.counts('Dead')).toMatchObject({ visible: 1 });
});

test.each([
  ['throws', thrown],
  ['returns an invalid response', ok({ batchItemFailures: [{}] })],
])('of a batch whose function %s nothing is deleted', async (_, result) => {
  const { queues, bodies } = await startConsumer(() => result);

  await queues.send('Work', 'a');

  await expect.poll(() => bodies).toEqual(['a', 'a']);
  await expect.poll(() => queues.counts('Dead')).toMatchObject({ visible: 1 });
});

test('no more batches run at once than the mapping allows', async () => {
  let running = 0;
  let most = 0;
  const { queues, bodies } = await startConsumer(
    async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(20);
      running -= 1;
      return ok(null);
    },
    { mapping: { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } } },
  );

  for (let i = 0; i < 8; i += 1) await queues.send('Work', String(i));

  await expect.poll(() => bodies.length).toBe(8);
  expect(most).toBe(2);
});

test('an interceptor can lose a message, which is then redelivered, and can deliver it twice', async () => {
  const plans = [[], [0, 10]];
  const { queues, bodies } = await startConsumer(() => ok(null), {
    intercept: { sqsMessage: () => plans.shift() ?? [0] },
  });

  await queues.send('Work', 'a');

  await expect.poll(() => bodies).toEqual(['a', 'a']);
  expect(plans).toEqual([]);
});

test('an asynchronous event is tried three times and then sent to the failure destination with its reason', async () => {
  const { queues, description } = await startQueues();
  const [fn] = description.functions;
  if (!fn) throw new Error('the template has no function');
  let tries = 0;
  const invoker = new AsyncInvoker({
    fn,
    config: {
      functionId: fn.logicalId,
      maxRetryAttempts: 2,
      maxEventAgeMs: 60_000,
      onFailureQueueArn: queues.find('Dead').arn,
    },
    timeScale: 0.0001,
    invoke: async () => {
      tries += 1;
      return thrown;
    },
    sendToQueue: (queueArn, body) => queues.send(queueArn, body),
  });

  invoker.accept({ Records: ['event'] });

  await expect.poll(() => invoker.pending).toBe(0);
  const [message] = await queues.receive('Dead', {
    maxMessages: 1,
    waitMs: 1_000,
    signal: new AbortController().signal,
  });
  expect(tries).toBe(3);
  expect(JSON.parse(message?.Body ?? '')).toMatchObject({
    version: '1.0',
    requestContext: {
      condition: 'RetriesExhausted',
      approximateInvokeCount: 3,
      functionArn: `${fn.arn}:$LATEST`,
    },
    requestPayload: { Records: ['event'] },
    responsePayload: { errorType: 'Error', errorMessage: 'broken' },
  });
});
