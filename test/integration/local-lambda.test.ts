import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LocalFunction } from '../../infra/local/lambda/local-function.ts';
import { FunctionLogs } from '../../infra/local/lambda/logs.ts';
import { describeStack } from '../../infra/local/template/describe.ts';
import { functionResource, temporaryDir, testAccount, writeAssembly } from '../support/local-assembly.ts';

const services = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'LOCAL', secretAccessKey: 'secret' },
  functionCredentials: new Map([['Worker', { accessKeyId: 'WORKER', secretAccessKey: 'secret' }]]),
  endpoints: {
    s3: 'http://127.0.0.1:1',
    sqs: 'http://127.0.0.1:2',
    sns: 'http://127.0.0.1:3',
    secretsManager: 'http://127.0.0.1:4',
  },
};

async function startFunction(source: string, properties: object = {}, maxConcurrency = 2) {
  const assemblyDir = await writeAssembly({
    resources: { Worker: functionResource('worker', properties) },
    code: { worker: source },
  });
  const { functions } = await describeStack({ assemblyDir, account: testAccount });
  const [fn] = functions;
  if (!fn) throw new Error('the template has no function');
  const logs = new FunctionLogs(await temporaryDir());
  const local = new LocalFunction({ fn, services, logs, maxConcurrency });
  onTestFinished(async () => {
    await local.stop();
    await logs.close();
  });
  return { local, logs };
}

const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('a function gets its event, its context and its variables, and nothing of the host', async () => {
  process.env.LEAKED = 'yes';
  onTestFinished(() => {
    delete process.env.LEAKED;
  });
  const { local } = await startFunction(
    `export const handler = async (event, context) => ({
      event, requestId: context.awsRequestId, name: context.functionName, memory: context.memoryLimitInMB,
      remainingMs: context.getRemainingTimeInMillis(), table: process.env.TABLE, leaked: process.env.LEAKED,
      s3: process.env.AWS_ENDPOINT_URL_S3, dualStack: process.env.AWS_USE_DUALSTACK_ENDPOINT,
    });`,
    { Environment: { Variables: { TABLE: 'blocks', AWS_USE_DUALSTACK_ENDPOINT: 'true' } } },
  );

  const result = await local.invoke({ hello: 'world' }, 'request-1');

  expect(result).toEqual({
    outcome: 'ok',
    requestId: 'request-1',
    payload: {
      event: { hello: 'world' },
      requestId: 'request-1',
      name: 'Test-Worker',
      memory: '128',
      remainingMs: expect.toSatisfy((ms) => ms > 0 && ms <= 5000),
      table: 'blocks',
      s3: 'http://127.0.0.1:1',
    },
  });
});

test('one process serves one invocation after another and keeps its state', async () => {
  const { local } = await startFunction(
    'let count = 0; export const handler = async () => ({ pid: process.pid, count: (count += 1) });',
  );

  const results = [await local.invoke({}), await local.invoke({}), await local.invoke({})];

  const payloads = results.map((r) =>
    r.outcome === 'ok' ? (r.payload as { pid: number; count: number }) : null,
  );
  expect(new Set(payloads.map((p) => p?.pid)).size).toBe(1);
  expect(payloads.map((p) => p?.count)).toEqual([1, 2, 3]);
});

test('invocations at once run in as many processes as the bound allows, and the rest wait', async () => {
  const { local } = await startFunction(
    `let running = 0;
    export const handler = async () => {
      running += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { pid: process.pid, running: running-- };
    };`,
    { ReservedConcurrentExecutions: 2 },
    8,
  );

  const results = await Promise.all(Array.from({ length: 6 }, () => local.invoke({})));

  const payloads = results.map((r) =>
    r.outcome === 'ok' ? (r.payload as { pid: number; running: number }) : null,
  );
  expect(new Set(payloads.map((p) => p?.pid)).size).toBe(2);
  expect(payloads.every((p) => p?.running === 1)).toBe(true);
});

test('an error thrown by the handler is reported and the process goes on', async () => {
  const { local } = await startFunction(
    `export const handler = async ({ fail }) => {
      if (fail) throw new RangeError('too far');
      return process.pid;
    };`,
  );
  const before = await local.invoke({});

  const failed = await local.invoke({ fail: true });

  const after = await local.invoke({});
  expect(failed).toMatchObject({
    outcome: 'error',
    error: { errorType: 'RangeError', errorMessage: 'too far' },
  });
  expect(after).toMatchObject({ payload: before.outcome === 'ok' ? before.payload : null });
});

test('a function that runs too long is killed at its timeout, and the next invocation gets a new process', async () => {
  const { local } = await startFunction(
    `export const handler = async ({ spin }) => {
      while (spin) {}
      return process.pid;
    };`,
    { Timeout: 1 },
  );
  await local.invoke({});
  const pid = local.workers[0]?.pid ?? 0;

  const result = await local.invoke({ spin: true }, 'request-1');

  expect(result).toMatchObject({
    outcome: 'timeout',
    error: { errorMessage: 'request-1 Task timed out after 1.00 seconds' },
  });
  expect(isRunning(pid)).toBe(false);
  const next = await local.invoke({});
  expect(next).toMatchObject({ outcome: 'ok', payload: expect.not.toSatisfy((other) => other === pid) });
});

test('a function that exits, dies of an error outside its handler or is killed ends its invocation', async () => {
  const { local } = await startFunction(
    `export const handler = async ({ how }) => {
      if (how === 'exit') process.exit(7);
      if (how === 'stray') setTimeout(() => { throw new Error('stray'); }, 1);
      if (how === 'rejection') void Promise.reject(new Error('unheard'));
      if (how === 'kill') process.kill(process.pid, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 4000));
    };`,
  );

  const exit = await local.invoke({ how: 'exit' });
  const stray = await local.invoke({ how: 'stray' });
  const rejection = await local.invoke({ how: 'rejection' });
  const kill = await local.invoke({ how: 'kill' });

  expect(exit).toMatchObject({ outcome: 'exited', error: { errorType: 'Runtime.ExitError' } });
  expect(stray).toMatchObject({ outcome: 'exited', error: { errorMessage: 'stray' } });
  expect(rejection).toMatchObject({
    outcome: 'exited',
    error: { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'unheard' },
  });
  expect(kill).toMatchObject({
    outcome: 'exited',
    error: { errorMessage: expect.stringContaining('SIGKILL') },
  });
});

test('a function that takes more memory than it has ends as out of memory', async () => {
  const { local } = await startFunction(
    `export const handler = async () => {
      const kept = [];
      for (;;) kept.push(new Array(100_000).fill({}));
    };`,
    { Timeout: 30 },
  );

  const result = await local.invoke({});

  expect(result).toMatchObject({
    outcome: 'exited',
    outOfMemory: true,
    error: { errorType: 'Runtime.OutOfMemory' },
  });
});

test.each([
  ['while it runs', 'await new Promise(() => {});'],
  ['and ends before anyone looked', ''],
])('a function whose buffers take more memory than it has ends as out of memory: %s', async (_, then) => {
  const { local } = await startFunction(
    `export const handler = async ({ megabytes }) => {
      const kept = Buffer.alloc(megabytes * 1024 ** 2, 1);
      if (megabytes > 1) { ${then} }
      return [kept.length, process.pid];
    };`,
    { Timeout: 30, MemorySize: 256 },
  );
  const first = await local.invoke({ megabytes: 1 });

  const tooLarge = await local.invoke({ megabytes: 300 });
  const next = await local.invoke({ megabytes: 1 });

  expect(first.outcome).toBe('ok');
  expect(tooLarge).toMatchObject({
    outcome: 'exited',
    outOfMemory: true,
    error: { errorType: 'Runtime.OutOfMemory', errorMessage: expect.stringContaining('Runtime exited') },
  });
  expect(next.outcome).toBe('ok');
  expect(next).not.toMatchObject({ payload: first.outcome === 'ok' ? first.payload : [] });
});

test('a handler that cannot be loaded fails every invocation with the reason', async () => {
  const { local } = await startFunction("throw new Error('no settings'); export const handler = () => {};");

  const results = [await local.invoke({}), await local.invoke({})];

  expect(results).toMatchObject([
    { outcome: 'exited', error: { errorMessage: 'no settings' } },
    { outcome: 'exited', error: { errorMessage: 'no settings' } },
  ]);
});

test('what a function writes is in its log file and reaches listeners line by line', async () => {
  const { local, logs } = await startFunction(
    "export const handler = async () => { console.log('first\\nsecond'); console.error('third'); };",
  );
  const heard: string[] = [];
  logs.onLine((line, name) => heard.push(`${name}: ${line}`));

  await local.invoke({});
  await local.stop();
  await logs.close();

  const file = await readFile(path.join(logs.dir, 'Worker.log'), 'utf8');
  expect(file.trim().split('\n').sort()).toEqual(['first', 'second', 'third']);
  expect(heard.sort()).toEqual(['Worker: first', 'Worker: second', 'Worker: third']);
});
