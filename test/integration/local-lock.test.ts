import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { acquireLock, findRunningStack } from '../../infra/local/lock.ts';
import { temporaryDir } from '../support/local-assembly.ts';

const url = 'http://127.0.0.1:9';
const stack = {
  ...{ apiUrl: 'http://127.0.0.1:8787', adminToken: 't', databaseUrl: 'postgres://', bucket: 'b' },
  ...{
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    outputs: { ApiUrl: url },
  },
  endpoints: { S3: url, SQS: url, SNS: url, LAMBDA: url, SECRETS_MANAGER: url },
};

test('of many that want the lock at once, one gets it, and its stack can be found once it is ready', async () => {
  const stateDir = await temporaryDir();

  const results = await Promise.allSettled(Array.from({ length: 10 }, () => acquireLock(stateDir)));

  const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(locks.length).toBe(1);
  expect(await findRunningStack(stateDir)).toBeUndefined();
  await locks[0]?.publish(stack);
  expect(await findRunningStack(stateDir)).toEqual(stack);
  await locks[0]?.release();
  expect(await findRunningStack(stateDir)).toBeUndefined();
});

test('the lock of a dead process is taken over, even if another process has its id by now', async () => {
  const stateDir = await temporaryDir();
  const file = path.join(stateDir, 'lock.json');
  const dead = await acquireLock(stateDir);
  await copyFile(file, `${file}.kept`);
  await dead.release();
  await writeFile(file, await readFile(`${file}.kept`)); // as a kill leaves it; the process id is this test's, and alive

  const lock = await acquireLock(stateDir);

  await lock.publish(stack);
  expect(await findRunningStack(stateDir)).toEqual(stack);
  await lock.release();
});
