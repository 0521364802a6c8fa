import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { noteReplay, S3SweptBucket } from '../../shared/aws/s3-swept-bucket.ts';
import { reservedPrefix } from '../../shared/raw-files/object-key.ts';
import { replay } from '../../shared/raw-files/replay.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { sweepBucket } from '../../shared/sweep/sweep-bucket.ts';
import { firstCheckpoint, firstScan, type ScanState } from '../../shared/sweep/sweep-checkpoint.ts';
import { loadFile, newBlock, newRawFile } from '../support/rows.ts';
import { Bucket } from './local-s3-harness.ts';
import {
  deleteVersion,
  filesOf,
  graceMs,
  hourMs,
  maxHashedBytes,
  minuteMs,
  putObject,
  type SweepScene,
  useSweep,
} from './sweep-harness.ts';

const never = (): never => {
  throw new Error('the database was opened');
};

/** One run over the bucket alone, of one page of two object versions. */
function sweepTwo(scene: SweepScene, state: Partial<ScanState>, failing?: string) {
  const failures: string[] = [];
  const result = sweepBucket(
    { ...firstScan, ...state },
    {
      list: (cursor) => new S3SweptBucket(scene.s3, Bucket).list(cursor),
      database: async () => scene.database,
      register: async (version) => {
        if (version.objectKey === failing) throw new Error('not now');
        return scene.register(version);
      },
      hasTime: () => true,
      onError: ({ objectKey }) => void failures.push(objectKey),
      onCursorRejected: (error) => void failures.push(error.code),
      graceMs,
      maxPages: 1,
      now: () => new Date(Date.now() + hourMs),
    },
  );
  return result.then((found) => ({ ...found, failures }));
}

/** Makes S3 list two object versions a page. */
function listByTwo({ s3 }: SweepScene): void {
  s3.middlewareStack.add((next) => (args) => next({ ...args, input: { ...args.input, MaxKeys: 2 } }), {
    step: 'initialize',
  });
}

async function putInParts({ s3 }: SweepScene, key: string, content = 'a,b'): Promise<void> {
  const target = { Bucket, Key: key };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
  const { ETag } = await s3.send(
    new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: content }),
  );
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }));
}

/** Sweeps an hour from now, brings what was found to a final status, and sweeps five minutes later. */
async function sweepUntilQuiet(scene: SweepScene): Promise<void> {
  await scene.run({ afterMs: hourMs });
  await scene.database.kysely.updateTable('raw_files').set({ status: 'ignored' }).execute();
  await scene.run({ afterMs: hourMs + 5 * minuteMs });
}

test('An object whose event was lost is registered and queued once the grace is over, not before', async () => {
  const scene = await useSweep();
  await putObject(scene.s3, 'drops/März 2026/a+b c.csv');

  const young = await scene.run();
  const afterYoung = await filesOf(scene);
  const old = await scene.run({ afterMs: graceMs + minuteMs });

  expect(young.unregisteredObjects).toBe(0);
  expect(afterYoung).toEqual([]);
  expect(old.unregisteredObjects).toBe(1);
  const files = await filesOf(scene);
  expect(files).toMatchObject([{ object_key: 'drops/März 2026/a+b c.csv', status: 'registered' }]);
  expect(scene.queued).toEqual([files[0]?.id]);
});

test('Keys with characters that XML cannot carry are found, beside the others of their page', async () => {
  const scene = await useSweep();
  const keys = ['a\u0001b\u001f.csv', 'c d+e%20f&<é>.csv', 'g\ufffe.csv'];
  for (const key of keys) await putObject(scene.s3, key);

  const report = await scene.run({ afterMs: hourMs });

  expect(report).toMatchObject({ unregisteredObjects: 3, failedSteps: [] });
  expect((await filesOf(scene)).map((file) => file.object_key).sort()).toEqual([...keys].sort());
});

test('Every version of an overwritten key is found, and neither folders nor the checkpoint are', async () => {
  const scene = await useSweep();
  for (const content of ['first', 'second']) await putObject(scene.s3, 'same.csv', content);
  await putObject(scene.s3, 'folder/', '');
  await putObject(scene.s3, `${reservedPrefix}other.json`, '{}');

  const report = await scene.run({ afterMs: hourMs });

  expect(report.unregisteredObjects).toBe(2);
  expect((await filesOf(scene)).map(({ object_key }) => object_key)).toEqual(['same.csv', 'same.csv']);
});

test('A pass that one run cannot finish resumes at its checkpoint, and counts as verified only when complete', async () => {
  const scene = await useSweep();
  listByTwo(scene);
  for (const key of ['a', 'b', 'c', 'd', 'e']) await putObject(scene.s3, `${key}.csv`);

  const first = await sweepTwo(scene, firstScan);
  const second = await sweepTwo(scene, first.state);
  const third = await sweepTwo(scene, second.state);

  expect([first, second, third].map(({ unregistered }) => unregistered)).toEqual([2, 2, 1]);
  expect(first.state).toMatchObject({
    verifiedUntil: new Date(0),
    pass: { cursor: { keyMarker: 'b.csv' } },
  });
  expect(third.state.pass).toBeNull();
  expect(third.state.verifiedUntil.getTime()).toBe((first.state.pass?.startedAt.getTime() ?? 0) - graceMs);
  expect(await filesOf(scene)).toHaveLength(5);
});

test('A pass in which an object could not be registered verifies nothing, and the next pass finds the object', async () => {
  const scene = await useSweep();
  listByTwo(scene);
  for (const key of ['a', 'b', 'c']) await putObject(scene.s3, `${key}.csv`);

  const first = await sweepTwo(scene, firstScan, 'b.csv');
  const second = await sweepTwo(scene, first.state);
  const next = await sweepTwo(scene, second.state);

  expect(first.failures).toEqual(['b.csv']);
  expect(second.state).toMatchObject({ verifiedUntil: new Date(0), pass: null });
  expect(next.unregistered).toBe(1);
  expect(await filesOf(scene)).toHaveLength(3);
});

test('A cursor that S3 rejects ends the pass, and the next run starts it again and finds every object', async () => {
  const scene = await useSweep();
  listByTwo(scene);
  for (const key of ['a', 'b', 'c']) await putObject(scene.s3, `${key}.csv`);
  const { state } = await sweepTwo(scene, firstScan);
  const cursor = { keyMarker: '', versionIdMarker: 'not-a-version' };

  const rejected = await sweepTwo(scene, {
    ...state,
    pass: state.pass && { ...state.pass, cursor },
  });
  const again = await sweepTwo(scene, rejected.state);
  const last = await sweepTwo(scene, again.state);

  expect(rejected).toMatchObject({ failures: ['cursor-rejected'], state: { pass: null } });
  expect(last).toMatchObject({ failures: [], state: { pass: null } });
  expect(await filesOf(scene)).toHaveLength(3);
});

test('A sweep whose cursor S3 rejects still does its other work', async () => {
  const scene = await useSweep();
  const startedAt = new Date(Date.now() - hourMs);
  const cursor = { keyMarker: '', versionIdMarker: 'not-a-version' };
  const pass = { startedAt, cursor, failed: false, registered: [] };
  await scene.bucket.writeCheckpoint({
    ...firstCheckpoint,
    scans: { ...firstCheckpoint.scans, drops: { ...firstScan, pass } },
  });

  const report = await scene.run();

  expect(scene.errors).toEqual(['scan of the bucket restarted']);
  expect(report.databaseOpened).toBe(true);
  expect(await scene.bucket.readCheckpoint()).toMatchObject({ scans: { drops: { pass: null } } });
});

test('When everything is registered and idle the database is left asleep, and queried again after six hours', async () => {
  const scene = await useSweep();
  await putObject(scene.s3, 'a.csv');
  await sweepUntilQuiet(scene);

  const quiet = await scene.run({ afterMs: hourMs + 10 * minuteMs, database: never });
  const later = await scene.run({ afterMs: 8 * hourMs });

  expect(quiet).toMatchObject({ databaseOpened: false, unregisteredObjects: 0 });
  expect(later.databaseOpened).toBe(true);
});

test('A file uploaded in parts lets the database sleep as soon as any other', async () => {
  const scene = await useSweep();
  await putInParts(scene, 'large.csv');
  await sweepUntilQuiet(scene);

  const quiet = await scene.run({ afterMs: hourMs + 10 * minuteMs, database: never });

  expect(quiet.databaseOpened).toBe(false);
});

test('A new object wakes the database again, beside those that are known', async () => {
  const scene = await useSweep();
  await putObject(scene.s3, 'a.csv');
  await sweepUntilQuiet(scene);
  await putObject(scene.s3, 'a.csv', 'another version');

  const report = await scene.run({ afterMs: hourMs + 10 * minuteMs });

  expect(report.unregisteredObjects).toBe(1);
});

test('A replay that died before it queued its files is found even when idle', async () => {
  const scene = await useSweep();
  const { id } = await loadFile(scene.database, [newBlock()], { file: { bucket: Bucket } });
  await scene.database.kysely.updateTable('raw_files').set({ announced_at: new Date() }).execute();
  await scene.run();
  const before = await scene.run();
  const died = replay(
    {
      database: scene.database,
      wakeSweep: () => noteReplay(scene.s3, Bucket),
      queue: () => Promise.reject(new Error('killed')),
    },
    { bucket: Bucket, ids: [id], limit: 1, dryRun: false },
  );
  await expect(died).rejects.toThrow('killed');
  await scene.database.kysely
    .updateTable('raw_files')
    .set({ updated_at: new Date(0) })
    .execute();

  await scene.run();

  expect(before.databaseOpened).toBe(false);
  expect(scene.queued).toEqual([id]);
});

test('A run that reaches its timeout leaves the rest of the bucket to the next, and still does all other work', async () => {
  const scene = await useSweep();
  for (const key of ['a', 'b', 'c']) await putObject(scene.s3, `${key}.csv`);
  const { id: stuck } = await registerRawFile(scene.database, newRawFile({ bucket: Bucket }));
  await scene.database.kysely
    .updateTable('raw_files')
    .set({ updated_at: new Date(0) })
    .execute();
  let registrations = 0;

  const cut = await scene.run({ afterMs: hourMs, hasTime: () => registrations++ < 4 });
  const next = await scene.run({ afterMs: hourMs });

  expect(cut).toMatchObject({ unregisteredObjects: 2, stuckFiles: 1 });
  expect(scene.queued).toContain(stuck);
  expect(next.unregisteredObjects).toBe(1);
  expect(await filesOf(scene)).toHaveLength(4);
});

test('A pending file keeps the sweep from idling', async () => {
  const scene = await useSweep();
  await putObject(scene.s3, 'a.csv');
  await scene.run({ afterMs: hourMs });
  await scene.run({ afterMs: 8 * hourMs });

  const report = await scene.run({ afterMs: 9 * hourMs });

  expect(report.databaseOpened).toBe(true);
  expect(report.oldestUnfinishedAgeSeconds).toBeGreaterThanOrEqual(0);
});

test('Without a checkpoint, or with one it cannot read, a sweep verifies everything again', async () => {
  const scene = await useSweep();
  await putObject(scene.s3, 'a.csv');
  await scene.run({ afterMs: 8 * hourMs });
  await scene.database.kysely.deleteFrom('raw_files').execute(); // as a restored backup would have it
  const trusting = await scene.run({ afterMs: 9 * hourMs });
  await putObject(scene.s3, `${reservedPrefix}sweep.json`, '{"half');

  const distrusting = await scene.run({ afterMs: 9 * hourMs });

  expect(trusting.unregisteredObjects).toBe(0);
  expect(distrusting.unregisteredObjects).toBe(1);
});

test('An object uploaded in parts is found though its stamp is older than a whole pass', async () => {
  const scene = await useSweep();
  await scene.run({ afterMs: 24 * hourMs });
  await putInParts(scene, 'large.csv');

  const report = await scene.run({ afterMs: 25 * hourMs });

  expect(report.unregisteredObjects).toBe(1);
});

test('An object deleted before it was read gets a row that says so, and one that has a row keeps it', async () => {
  const scene = await useSweep();
  const versionId = await putObject(scene.s3, 'deleted.csv');
  const version = {
    ...{ bucket: Bucket, objectKey: 'deleted.csv', versionId, etag: 'e', sizeBytes: 3 },
    receivedAt: new Date(),
  };
  await deleteVersion(scene.s3, 'deleted.csv', versionId);

  await scene.register(version);
  await scene.register(version);

  expect(await filesOf(scene)).toMatchObject([{ status: 'failed', error_code: 'object-deleted' }]);
  expect(scene.queued).toEqual([]);
});

test('An object too large for a sweep to read is registered without its hash', async () => {
  const scene = await useSweep();
  await putInParts(scene, 'large.csv', 'x'.repeat(maxHashedBytes + 1));
  await putInParts(scene, 'small.csv', 'x');

  await scene.run({ afterMs: hourMs });

  const files = await filesOf(scene);
  expect(files.map(({ object_key, sha256 }) => [object_key, sha256 !== null])).toEqual([
    ['large.csv', false],
    ['small.csv', true],
  ]);
  expect(scene.queued).toHaveLength(2);
});

test('Two sweeps at once register each object once', async () => {
  const scene = await useSweep();
  for (const key of ['a', 'b', 'c', 'd', 'e']) await putObject(scene.s3, `${key}.csv`);

  await Promise.all([scene.run({ afterMs: hourMs }), scene.run({ afterMs: hourMs })]);

  const files = await filesOf(scene);
  expect(files.map(({ object_key }) => object_key).sort()).toEqual([
    'a.csv',
    'b.csv',
    'c.csv',
    'd.csv',
    'e.csv',
  ]);
  expect([...new Set(scene.queued)].sort()).toEqual(files.map(({ id }) => id).sort());
});
