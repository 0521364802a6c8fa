import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { encodeNormalizeMessage } from '../../shared/raw-files/normalize-message.ts';
import type { Database } from '../../shared/storage/database.ts';
import { DatabaseUnavailableError } from '../../shared/storage/errors.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { loadFile, newBlock, newRawFile } from '../support/rows.ts';
import { Bucket } from './local-s3-harness.ts';
import { hourMs, putObject, useSweep } from './sweep-harness.ts';

const lockTimeoutMs = 500;

/** A file without a message, one that was not announced, and a dead-letter message. */
async function leaveWork({ database, deadLetters }: Awaited<ReturnType<typeof useSweep>>) {
  const stuck = await registerRawFile(database, newRawFile({ bucket: Bucket }));
  const unannounced = await loadFile(database, [newBlock()], { file: { bucket: Bucket } });
  await sql`update raw_files set updated_at = updated_at - interval '2 hours',
    normalized_at = normalized_at - interval '2 hours'`.execute(database.kysely);
  await deadLetters.normalize.send(encodeNormalizeMessage(stuck.id));
  return { stuck: stuck.id, unannounced: unannounced.id };
}

/** Holds locks until the test ends. */
async function holdLock(database: Database, statement: string): Promise<void> {
  const holder = await database.connect();
  onTestFinished(() => holder.release(true));
  await holder.query('begin');
  await holder.query(statement);
}

test('A bucket that cannot be listed stops none of the other steps, and the run reports that step as failed', async () => {
  const scene = await useSweep();
  const { stuck, unannounced } = await leaveWork(scene);
  const noBucket = { list: () => Promise.reject(new Error('access denied')) };
  const bucket = Object.assign(Object.create(scene.bucket), noBucket);

  const report = await scene.run({ afterMs: hourMs, bucket });

  expect(report).toMatchObject({ failedSteps: ['objects'], unregisteredObjects: null });
  expect(report).toMatchObject({ stuckFiles: 1, announced: 1, deadLettersHandled: 1 });
  expect(scene.queued).toContain(stuck);
  expect(scene.announced).toMatchObject([{ id: unannounced }]);
  expect(await scene.bucket.readCheckpoint()).toMatchObject({ isQuiet: false });
});

test('A checkpoint that cannot be read is not overwritten, and everything but the scan is done', async () => {
  const scene = await useSweep();
  await putObject(scene.s3, 'a.csv');
  await scene.run({ afterMs: hourMs });
  const before = await scene.bucket.readCheckpoint();
  await leaveWork(scene);
  const unreadable = { readCheckpoint: () => Promise.reject(new Error('503')) };
  const bucket = Object.assign(Object.create(scene.bucket), unreadable);

  const report = await scene.run({ afterMs: hourMs, bucket });

  expect(report).toMatchObject({ failedSteps: ['read-checkpoint'], stuckFiles: 2, announced: 1 });
  expect(await scene.bucket.readCheckpoint()).toEqual(before);
});

test('A dead-letter queue that cannot be read does not stop the other queue', async () => {
  const scene = await useSweep();
  const versionId = await putObject(scene.s3, 'a.csv');
  const object = { key: 'a.csv', versionId, eTag: 'e', size: 10 };
  const record = { eventTime: new Date().toISOString(), s3: { bucket: { name: Bucket }, object } };
  await scene.deadLetters.register.send(JSON.stringify({ requestPayload: { Records: [record] } }));
  scene.deadLetters.normalize.queue.receive = () => Promise.reject(new Error('access denied'));

  const report = await scene.run();

  expect(report).toMatchObject({ failedSteps: ['dead-letters'], deadLettersHandled: 1 });
});

test('A table that another session has locked costs only the steps that need it', async () => {
  const scene = await useSweep({ lockTimeoutMs });
  const { stuck, unannounced } = await leaveWork(scene);
  await holdLock(scene.database, 'lock table upload_requests in access exclusive mode');

  const report = await scene.run();

  expect(report.failedSteps).toEqual(['status', 'old-records', 'pending-work']);
  expect(report).toMatchObject({ status: null, stuckFiles: 1, announced: 1 });
  expect(scene.queued).toContain(stuck);
  expect(scene.announced).toMatchObject([{ id: unannounced }]);
});

test('Rows that a lost worker still locks are left out, and all others are requeued and announced', async () => {
  const scene = await useSweep({ lockTimeoutMs });
  const locked = await leaveWork(scene);
  await scene.deadLetters.normalize.queue.receive().then(([message]) => message?.delete());
  const free = await leaveWork(scene);
  const ids = [locked.stuck, locked.unannounced].join(', ');
  await holdLock(scene.database, `select from raw_files where id in (${ids}) for update`);

  const report = await scene.run();

  expect(report.failedSteps).toEqual([]);
  expect(scene.errors).toEqual([]);
  expect(scene.announced).toMatchObject([{ id: free.unannounced }]);
  expect(new Set(scene.queued)).toEqual(new Set([free.stuck]));
});

test('A database that is down is tried twice and not once for each step', async () => {
  const scene = await useSweep();
  let tries = 0;
  const database = () => {
    tries++;
    return Promise.reject(new DatabaseUnavailableError(new Error('connection refused')));
  };

  const report = await scene.run({ database });

  expect(tries).toBe(2);
  expect(report.failedSteps).toHaveLength(6);
  expect(report).toMatchObject({ stuckFiles: null, oldestUnfinishedAgeSeconds: null });
});

test('A run without time for dead-letter messages leaves them in their queue', async () => {
  const scene = await useSweep();
  const { stuck } = await leaveWork(scene);

  const report = await scene.run({ hasTime: (work) => work === 'objects' });

  expect(report).toMatchObject({ deadLettersHandled: 0, stuckFiles: 1 });
  expect(scene.queued).toEqual([stuck]);
  expect(await scene.deadLetters.normalize.count()).toBe(1);
});

test('Dead-letter messages and events of another bucket stay in their queues, and are logged', async () => {
  const scene = await useSweep();
  const foreign = await registerRawFile(scene.database, newRawFile({ bucket: 'elsewhere' }));
  const versionId = await putObject(scene.s3, 'a.csv');
  const recordOf = (name: string) => ({
    eventTime: new Date().toISOString(),
    s3: { bucket: { name }, object: { key: 'a.csv', versionId, eTag: 'e', size: 10 } },
  });
  await scene.deadLetters.normalize.send(encodeNormalizeMessage(foreign.id));
  const event = { Records: [recordOf('elsewhere'), recordOf(Bucket)] };
  await scene.deadLetters.register.send(JSON.stringify({ requestPayload: event }));

  const report = await scene.run();

  expect(report.deadLettersHandled).toBe(0);
  expect(scene.errors).toEqual(Array(2).fill('dead-letter message left in the queue'));
  expect(await scene.deadLetters.normalize.count()).toBe(1);
  expect(await scene.deadLetters.register.count()).toBe(1);
  const { rows } = await scene.database.pool.query('select bucket, object_key from raw_files order by id');
  expect(rows).toEqual([
    { bucket: 'elsewhere', object_key: expect.any(String) },
    { bucket: Bucket, object_key: 'a.csv' },
  ]);
});
