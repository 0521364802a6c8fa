import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Intercept } from '../../infra/local/intercept.ts';
import { writeSample } from '../../infra/local/sample.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { inspectFile, uploadFile } from '../../infra/local/upload.ts';
import { waitForFile } from '../../infra/local/wait-for-file.ts';
import { createFreshDatabase } from '../support/database.ts';
import { temporaryDir } from '../support/local-assembly.ts';

/** A place for stacks that follow one another: state and database stay, queues do not. */
async function createPlace() {
  const fresh = await createFreshDatabase();
  onTestFinished(() => fresh.drop());
  const stateDir = await temporaryDir();
  const database = fresh.open();
  const sample = path.join(stateDir, 'sample.csv');
  await writeSample(sample);
  const start = async (intercept: Intercept = {}): Promise<LocalStack> => {
    const stack = await startLocalStack({
      stateDir,
      databaseUrl: fresh.connectionString,
      intercept,
      graceMs: 0,
    });
    onTestFinished(() => stack.stop());
    return stack;
  };
  const upload = async (stack: LocalStack) => uploadFile(stack, sample, await inspectFile(sample));
  return { database, start, upload };
}

test('an object whose event was lost when the stack stopped is loaded after the next start', async () => {
  const { database, start, upload } = await createPlace();
  const before = await start({ s3Event: () => [] });
  const uploaded = await upload(before);
  await before.stop();

  const after = await start();

  const row = await waitForFile(uploaded, { database, bucket: after.s3.bucket });
  expect(row).toMatchObject({ status: 'normalized', intervals_read: 35_040 });
});

test('a file whose message was lost when the stack stopped is normalized after the next start', async () => {
  const { database, start, upload } = await createPlace();
  const before = await start({ sqsMessage: () => [] });
  const uploaded = await upload(before);
  const statuses = async () => (await database.pool.query('SELECT status FROM raw_files')).rows;
  await expect.poll(statuses).toEqual([{ status: 'registered' }]);
  await before.stop();

  const after = await start();

  const row = await waitForFile(uploaded, { database, bucket: after.s3.bucket });
  expect(row).toMatchObject({ status: 'normalized', attempts: 1 });
});

test('a file whose worker was killed by the stop is normalized after the next start', async () => {
  const { database, start, upload } = await createPlace();
  const before = await start();
  const uploaded = await upload(before);
  await waitForFile(uploaded, { database, bucket: before.s3.bucket });
  await before.stop();
  // As the killed worker leaves it: leased for a quarter of an hour to nobody.
  await database.pool.query(`UPDATE raw_files
    SET status = 'normalizing', lease_token = gen_random_uuid(), lease_expires_at = now() + interval '15 minutes'`);

  const after = await start();

  const row = await waitForFile(uploaded, { database, bucket: after.s3.bucket });
  expect(row).toMatchObject({ status: 'normalized', attempts: 2 });
});

test('one folder runs one stack', async () => {
  const { start } = await createPlace();
  await start();

  const second = start();

  await expect(second).rejects.toMatchObject({ code: 'stack-running' });
});

test('the same event or message twice loads a file once', async () => {
  const { database, start, upload } = await createPlace();
  const stack = await start({ s3Event: () => [0, 50], sqsMessage: () => [0, 20] });

  const row = await waitForFile(await upload(stack), { database, bucket: stack.s3.bucket });

  expect(row).toMatchObject({ status: 'normalized', intervals_inserted: 35_040 });
  const { rows } = await database.pool.query('SELECT count(*)::int AS files FROM raw_files');
  expect(rows).toEqual([{ files: 1 }]);
});
