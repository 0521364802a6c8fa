import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Publish } from '../../shared/raw-files/announce.ts';
import { encodeNormalizeMessage } from '../../shared/raw-files/normalize-message.ts';
import { normalizeRawFile } from '../../shared/raw-files/normalize-raw-file.ts';
import type { Database } from '../../shared/storage/database.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { replayRawFiles } from '../../shared/storage/raw-files/replay-raw-files.ts';
import { recordUploadRequest } from '../../shared/storage/upload-requests/record-upload-request.ts';
import { claim, loadFile, newBlock, newRawFile } from '../support/rows.ts';
import { Bucket } from './local-s3-harness.ts';
import { filesOf, graceMs, hourMs, minuteMs, putObject, useSweep, waitingMs } from './sweep-harness.ts';

/** Lets rows look as they will after a while. */
async function age({ kysely }: Database, byMs: number): Promise<void> {
  const by = sql`${byMs} * interval '1 millisecond'`;
  await sql`update raw_files set registered_at = registered_at - ${by}, updated_at = updated_at - ${by},
    normalized_at = normalized_at - ${by}, lease_expires_at = lease_expires_at - ${by}`.execute(kysely);
}

const newUploadRequest = {
  filename: 'IntervalData.csv',
  sizeBytes: 1,
  sha256: 'a'.repeat(64),
  source: 'droplet-upload',
  esiid: null,
  contentType: null,
  clientReceivedAt: null,
};

async function register(database: Database): Promise<string> {
  return (await registerRawFile(database, newRawFile({ bucket: Bucket }))).id;
}

test('A registered file whose message must have been lost is queued again, a young one is not', async () => {
  const { database, queued, run } = await useSweep();
  const old = await register(database);
  await age(database, waitingMs + minuteMs);
  const young = await register(database);

  const report = await run();

  expect(queued).toEqual([old]);
  expect(report.stuckFiles).toBe(1);
  expect(report.oldestUnfinishedAgeSeconds).toBeGreaterThan(waitingMs / 1000);
  expect(young).not.toBe(old);
});

test('The age of pending files counts from the arrival of a new file, and from the replay of an old one', async () => {
  const { database, run } = await useSweep();
  const { id } = await loadFile(database, [newBlock()], {
    file: { bucket: Bucket, receivedAt: new Date('2025-02-01') },
  });
  await replayRawFiles(database, { bucket: Bucket, ids: [id], limit: 1, dryRun: false });

  const replayed = await run();
  await register(database); // received in February 2025 as well, and registered only now
  const lateEvent = await run();

  expect(replayed.oldestUnfinishedAgeSeconds).toBeLessThan(hourMs / 1000);
  expect(lateEvent.oldestUnfinishedAgeSeconds).toBeGreaterThan((24 * hourMs) / 1000);
});

test('Queuing a stuck file restarts its waiting time, so the next sweep leaves it alone', async () => {
  const { database, queued, run } = await useSweep();
  await register(database);
  await age(database, waitingMs + minuteMs);

  await run();
  const next = await run();

  expect(queued).toHaveLength(1);
  expect(next.stuckFiles).toBe(0);
});

test('A file whose worker let its lease run out is queued again, one under a live lease is not', async () => {
  const { database, queued, run } = await useSweep();
  const abandoned = await register(database);
  await claim(database, abandoned, minuteMs);
  await age(database, 2 * minuteMs);
  await claim(database, await register(database));

  await run();

  expect(queued).toEqual([abandoned]);
});

test('A file that three workers in a row died over is given up with that reason, and not swept again', async () => {
  const { database, objects, queued, run } = await useSweep();
  const id = await register(database);
  for (let attempt = 0; attempt < 3; attempt++) await claim(database, id, 0);

  const outcome = await normalizeRawFile(
    { database, objects },
    { rawFileId: id, bucket: Bucket, leaseMs: minuteMs, workerId: 'w' },
  );
  await age(database, hourMs);
  await run();

  expect(outcome.kind).toBe('given-up');
  expect(await filesOf({ database })).toMatchObject([{ id, status: 'failed', error_code: 'worker-lost' }]);
  expect(queued).toEqual([]);
});

test('Files of another bucket in the same database are left to its own sweep', async () => {
  const { database, queued, announced, run } = await useSweep();
  const elsewhere = { bucket: 'another' };
  await registerRawFile(database, newRawFile(elsewhere));
  const { id: abandoned } = await registerRawFile(database, newRawFile(elsewhere));
  await claim(database, abandoned, minuteMs);
  await loadFile(database, [newBlock()], { file: elsewhere });
  await age(database, waitingMs + hourMs);

  const report = await run();

  expect({ queued, announced }).toEqual({ queued: [], announced: [] });
  expect(report).toMatchObject({ stuckFiles: 0, announced: 0, oldestUnfinishedAgeSeconds: 0 });
});

test('A dead-letter message of a pending file is requeued, any other is deleted', async () => {
  const { database, deadLetters, queued, run } = await useSweep();
  const open = await register(database);
  const { id: finished } = await loadFile(database, [newBlock()], { file: { bucket: Bucket } });
  for (const id of [open, finished, '999']) await deadLetters.normalize.send(encodeNormalizeMessage(id));

  const report = await run();

  expect(report.deadLettersHandled).toBe(3);
  expect(queued).toEqual([open]);
  expect(await deadLetters.normalize.count()).toBe(0);
});

test('An invalid dead-letter message stays in the queue and is logged, and the others are handled', async () => {
  const { database, errors, deadLetters, queued, run } = await useSweep();
  const open = await register(database);
  for (const body of ['{"rawFileId":17}', 'hello', encodeNormalizeMessage(open)]) {
    await deadLetters.normalize.send(body);
  }
  await deadLetters.register.send('{"requestPayload":{"Records":[{}]}}');

  const report = await run();

  expect(report.deadLettersHandled).toBe(1);
  expect(queued).toEqual([open]);
  expect(await deadLetters.normalize.count()).toBe(2);
  expect(await deadLetters.register.count()).toBe(1);
  expect(errors).toEqual(Array(3).fill('dead-letter message left in the queue'));
});

test('An event that register failed three times is registered from the failure queue, without waiting for the grace', async () => {
  const scene = await useSweep();
  const versionId = await putObject(scene.s3, 'a b.csv');
  const object = { key: 'a+b.csv', versionId, eTag: 'e', size: 10 };
  const record = { eventTime: new Date().toISOString(), s3: { bucket: { name: Bucket }, object } };
  await scene.deadLetters.register.send(
    JSON.stringify({ requestPayload: { Records: [record] }, responsePayload: { errorType: 'Error' } }),
  );

  await scene.run();

  expect(await filesOf(scene)).toMatchObject([{ object_key: 'a b.csv', status: 'registered' }]);
  expect(scene.queued).toHaveLength(1);
  expect(await scene.deadLetters.register.count()).toBe(0);
});

test('A normalized file that was not announced is announced once after the grace period', async () => {
  const { database, announced, run } = await useSweep();
  const { id } = await loadFile(database, [newBlock()], { file: { bucket: Bucket } });

  await run();
  const youngCount = announced.length;
  await run({ afterMs: graceMs + minuteMs });
  await run({ afterMs: graceMs + 2 * minuteMs });

  expect(youngCount).toBe(0);
  expect(announced).toMatchObject([{ id, intervalsInserted: 96, blocksChanged: 1 }]);
});

test('A file that cannot be announced does not block the others', async () => {
  const { database, errors, run } = await useSweep();
  const file = { bucket: Bucket };
  const { id: first } = await loadFile(database, [newBlock()], { file });
  const { id: second } = await loadFile(database, [newBlock()], { file });
  const published: string[] = [];
  const publish: Publish = async ({ id }) => {
    if (id === first) throw new Error('the topic is away');
    published.push(id);
  };

  const report = await run({ afterMs: hourMs, publish });

  expect(report.announced).toBe(1);
  expect(published).toEqual([second]);
  expect(errors).toEqual(['file not announced']);
});

test('An upload that was granted and never came is reported for a day, until its bytes arrive by any route', async () => {
  const { database, run } = await useSweep();
  const sha256 = 'ab'.repeat(32);
  await recordUploadRequest(database, {
    ...{ objectKey: 'uploads/x/y.csv', filename: 'y.csv', sizeBytes: 1, sha256, source: 'droplet-upload' },
    ...{ esiid: null, contentType: null, clientReceivedAt: null },
    expiresAt: new Date(Date.now() + 15 * minuteMs),
  });

  const valid = await run({ afterMs: 20 * minuteMs });
  const expired = await run({ afterMs: 30 * minuteMs });
  const dayLater = await run({ afterMs: 25 * hourMs });
  await registerRawFile(database, newRawFile({ sha256 }));
  const arrived = await run({ afterMs: 30 * minuteMs });

  expect(valid.status?.missingUploads.count).toBe(0);
  expect(expired.status?.missingUploads.uploads).toMatchObject([
    { objectKey: 'uploads/x/y.csv', source: 'droplet-upload' },
  ]);
  expect(dayLater.status?.missingUploads.count).toBe(0);
  expect(arrived.status?.missingUploads.count ?? 0).toBe(0);
});

test.each([
  ['other bytes', { sha256: 'cd'.repeat(32) }, 1],
  ['bytes not hashed yet, of that size', { sha256: null, sizeBytes: 1 }, 0],
  ['bytes not hashed yet, of another size', { sha256: null, sizeBytes: 2 }, 1],
])('An upload whose key holds %s is reported as missing accordingly', async (_, file, missing) => {
  const { database, run } = await useSweep();
  const objectKey = 'uploads/x/z.csv';
  await recordUploadRequest(database, {
    ...{ objectKey, filename: 'z.csv', sizeBytes: 1, sha256: 'ab'.repeat(32), source: 'droplet-upload' },
    ...{ esiid: null, contentType: null, clientReceivedAt: null },
    expiresAt: new Date(Date.now() + 15 * minuteMs),
  });
  await registerRawFile(database, newRawFile({ bucket: Bucket, objectKey, ...file }));

  const report = await run({ afterMs: 30 * minuteMs });

  expect(report.status?.missingUploads.count).toBe(missing);
});

test('Two sweeps at once over stuck, dead and unannounced files do no harm', async () => {
  const { database, announced, deadLetters, queued, run } = await useSweep();
  const stuck = await register(database);
  const { id: unannounced } = await loadFile(database, [newBlock()], { file: { bucket: Bucket } });
  await age(database, waitingMs + minuteMs);
  await deadLetters.normalize.send(encodeNormalizeMessage(stuck));

  await Promise.all([run(), run()]);

  expect(new Set(queued)).toEqual(new Set([stuck]));
  expect(new Set(announced.map(({ id }) => id))).toEqual(new Set([unannounced]));
  expect(await deadLetters.normalize.count()).toBe(0);
  expect(await filesOf({ database })).toMatchObject([{ status: 'registered' }, { status: 'normalized' }]);
});

test('Upload requests and attempts of last quarter are deleted; their files, and what is younger or not ended, stay', async () => {
  const { database, run } = await useSweep();
  const { kysely } = database;
  const file = { bucket: Bucket };
  const old = await loadFile(database, [newBlock()], { file });
  const young = await loadFile(database, [newBlock({ usageDate: '2025-01-17' })], { file });
  const open = await register(database);
  await claim(database, open);
  const quarter = sql<Date>`now() - interval '91 days'`;
  await kysely
    .updateTable('normalize_attempts')
    .set({ ended_at: quarter })
    .where('raw_file_id', '=', old.id)
    .execute();
  for (const [objectKey, days] of [
    ['old', 91],
    ['young', 89],
  ] as const) {
    const expiresAt = new Date(Date.now() - days * 24 * hourMs);
    await recordUploadRequest(database, { ...newUploadRequest, objectKey, expiresAt });
  }

  const report = await run();
  const next = await run();

  expect([report.deletedRecords, next.deletedRecords]).toEqual([2, 0]);
  const attempts = await kysely.selectFrom('normalize_attempts').select('raw_file_id as id').execute();
  expect(attempts.map(({ id }) => id).sort()).toEqual([young.id, open].sort());
  expect(await kysely.selectFrom('upload_requests').select('object_key').execute()).toEqual([
    { object_key: 'young' },
  ]);
  expect(await kysely.selectFrom('raw_files').select('id').execute()).toHaveLength(3);
});
