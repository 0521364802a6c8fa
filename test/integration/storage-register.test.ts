import { expect, test } from 'vitest';
import { bufferSource } from '../../shared/archive/byte-source.ts';
import { registerObject } from '../../shared/raw-files/register-object.ts';
import { findStoredContent } from '../../shared/storage/raw-files/find-stored-content.ts';
import { findUnregistered } from '../../shared/storage/raw-files/find-unregistered.ts';
import { findRawFileByObject, getRawFile } from '../../shared/storage/raw-files/get-raw-file.ts';
import { markQueued } from '../../shared/storage/raw-files/mark-queued.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { recordUploadRequest } from '../../shared/storage/upload-requests/record-upload-request.ts';
import { freshDatabase } from '../support/database.ts';
import {
  claim,
  esiidA,
  esiidB,
  load,
  loadFile,
  newBlock,
  newCounts,
  newMember,
  newRawFile,
} from '../support/rows.ts';

const sha256 = 'ab'.repeat(32);

test('Twenty registrations of one object version at once make one row', async () => {
  const database = await freshDatabase();
  const file = newRawFile();

  const registered = await Promise.all(Array.from({ length: 20 }, () => registerRawFile(database, file)));

  expect(new Set(registered.map(({ id }) => id)).size).toBe(1);
  expect(registered.filter(({ created }) => created)).toHaveLength(1);
  expect(registered.every(({ status }) => status === 'registered')).toBe(true);
});

test('Another version of the same object is another raw file', async () => {
  const database = await freshDatabase();
  const file = newRawFile();

  const first = await registerRawFile(database, file);
  const second = await registerRawFile(database, { ...file, versionId: 'v2' });

  expect(second).toMatchObject({ created: true, status: 'registered' });
  const { bucket, objectKey } = file;
  expect((await findRawFileByObject(database, { bucket, objectKey }))?.id).toBe(second.id);
  expect((await findRawFileByObject(database, { bucket, objectKey, versionId: 'v1' }))?.id).toBe(first.id);
  expect(await findRawFileByObject(database, { bucket, objectKey, versionId: 'v3' })).toBeNull();
});

test('A copy of a normalized file that needs nothing but its bytes is a duplicate of it', async () => {
  const database = await freshDatabase();
  const original = await loadFile(database, [newBlock()], { file: { sha256 } });

  const copy = await registerRawFile(database, newRawFile({ sha256 }));

  expect(copy).toMatchObject({ created: true, status: 'duplicate', duplicateOf: original.id });
});

test('A copy is not a duplicate while the first is pending, or when its time or way of arrival determines what it loads', async () => {
  const database = await freshDatabase();
  const first = await registerRawFile(database, newRawFile({ sha256 }));

  const whileWaiting = await registerRawFile(database, newRawFile({ sha256 }));
  await load(database, await claim(database, first.id), [newBlock({ revisedAt: null })], {
    selfContained: false,
  });
  const afterwards = await registerRawFile(database, newRawFile({ sha256 }));

  expect(whileWaiting.status).toBe('registered');
  expect(afterwards.status).toBe('registered');
});

test('A registered file reads back as JSON: counts are numbers, ids strings, times ISO', async () => {
  const database = await freshDatabase();
  const file = newRawFile({ filename: 'half \ud800 and \0.csv', sizeBytes: 5_000_000_000, esiid: esiidA });

  const { id } = await registerRawFile(database, file);
  await markQueued(database, [id]);

  const row = await getRawFile(database, id);
  expect(row).toMatchObject({
    id,
    object_key: file.objectKey,
    filename: 'half \ufffd and \ufffd.csv',
    size_bytes: 5_000_000_000,
    sha256: file.sha256,
    received_at: '2025-02-01T12:00:00.000Z',
    status: 'registered',
    rows_read: 0,
    members: [],
    normalized_at: null,
  });
  expect(row?.queued_at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(await getRawFile(database, '999')).toBeNull();
});

test('Content that is stored already is found for the same ESIID hint, or for any if its bytes decide alone', async () => {
  const database = await freshDatabase();
  const { id } = await registerRawFile(database, newRawFile({ sha256, esiid: esiidA }));

  const sameHint = await findStoredContent(database, { bucket: 'raw', sha256, esiid: esiidA });
  const otherHint = await findStoredContent(database, { bucket: 'raw', sha256, esiid: esiidB });
  const noHint = await findStoredContent(database, { bucket: 'raw', sha256, esiid: null });
  await load(database, await claim(database, id), [newBlock()]);
  const onceSelfContained = await findStoredContent(database, { bucket: 'raw', sha256, esiid: null });

  expect(sameHint).toEqual({ id, filename: 'IntervalData.csv', status: 'registered' });
  expect(otherHint).toBeNull();
  expect(noHint).toBeNull();
  expect(onceSelfContained).toEqual({ id, filename: 'IntervalData.csv', status: 'normalized' });
});

test('Content whose object is deleted is not stored, and a normalized file takes precedence over an older failed one', async () => {
  const database = await freshDatabase();
  const failure = { status: 'failed', errorMessage: 'said why', selfContained: false } as const;
  await loadFile(database, [], { file: { sha256 }, result: { ...failure, errorCode: 'object-deleted' } });

  const deleted = await findStoredContent(database, { bucket: 'raw', sha256, esiid: null });
  await loadFile(database, [], { file: { sha256 }, result: { ...failure, errorCode: 'empty-file' } });
  const failed = await findStoredContent(database, { bucket: 'raw', sha256, esiid: null });
  const good = await loadFile(database, [newBlock()], { file: { sha256 } });
  const normalized = await findStoredContent(database, { bucket: 'raw', sha256, esiid: null });

  expect(deleted).toBeNull();
  expect(failed?.status).toBe('failed');
  expect(normalized?.id).toBe(good.id);
});

test('Asking for the same upload again updates the one request', async () => {
  const database = await freshDatabase();
  const request = {
    objectKey: 'uploads/a.csv',
    filename: 'a.csv',
    sizeBytes: 10,
    sha256,
    source: 'droplet-upload',
    esiid: null,
    contentType: null,
    clientReceivedAt: null,
    expiresAt: new Date('2030-01-01T00:00:00Z'),
  };

  await recordUploadRequest(database, request);
  await recordUploadRequest(database, { ...request, expiresAt: new Date('2030-01-02T00:00:00Z') });

  const rows = await database.kysely.selectFrom('upload_requests').selectAll().execute();
  expect(rows).toMatchObject([
    { object_key: 'uploads/a.csv', request_count: 2, expires_at: new Date('2030-01-02T00:00:00Z') },
  ]);
});

test('The outcome of a file and its members is kept on its row', async () => {
  const database = await freshDatabase();
  const counts = newCounts({ rowsRead: 97, intervalsRead: 96, invalidKwh: 1 });

  const { id } = await loadFile(database, [newBlock()], {
    result: {
      counts,
      members: [newMember({ name: 'a\0.csv', counts })],
      intervalMinAt: '2025-01-15T06:00:00Z',
      intervalMaxAt: '2025-01-16T05:45:00Z',
    },
  });

  expect(await getRawFile(database, id)).toMatchObject({
    status: 'normalized',
    attempts: 1,
    rows_read: 97,
    intervals_read: 96,
    invalid_kwh: 1,
    blocks_inserted: 1,
    intervals_inserted: 96,
    interval_min_at: '2025-01-15T06:00:00.000Z',
    interval_max_at: '2025-01-16T05:45:00.000Z',
    members: [{ name: 'a\ufffd.csv', kind: 'interval', counts: { rows_read: 97 }, error_code: null }],
    lease_token: null,
  });
});

test('Content of another bucket is not stored here, even once it is normalized there', async () => {
  const database = await freshDatabase();
  const sha256 = 'cd'.repeat(32);
  const content = { bucket: 'raw', sha256, esiid: null };
  const { id } = await registerRawFile(database, newRawFile({ sha256, bucket: 'elsewhere' }));

  await load(database, await claim(database, id), [newBlock()]);

  expect(await findStoredContent(database, content)).toBeNull();
  expect(await registerRawFile(database, newRawFile({ sha256 }))).toMatchObject({ status: 'registered' });
  expect(await registerRawFile(database, newRawFile({ sha256, bucket: 'elsewhere' }))).toMatchObject({
    status: 'duplicate',
    duplicateOf: id,
  });
});

test('An object whose key Postgres cannot keep has a row that says so, and costs the others of its page nothing', async () => {
  const database = await freshDatabase();
  const version = (objectKey: string) => ({
    ...{ bucket: 'raw', objectKey, versionId: 'v1', etag: null, sizeBytes: 1, receivedAt: new Date() },
  });
  const [unusable, usable] = [version('a\0b.csv'), version('c.csv')];
  const notAsked = () => Promise.reject(new Error('not asked for'));
  const objects = { metadata: notAsked, sha256: notAsked, source: () => bufferSource(Buffer.alloc(0)) };
  const dependencies = { database, objects, queue: notAsked };

  const before = await findUnregistered(database, [unusable, usable]);
  const row = await registerObject(dependencies, unusable);
  const again = await registerObject(dependencies, unusable);

  expect(before).toEqual([unusable, usable]);
  expect(row).toMatchObject({ status: 'failed', created: true });
  expect(await getRawFile(database, row?.rawFileId ?? '')).toMatchObject({ error_code: 'unusable-key' });
  expect(again).toBeNull();
  expect(await findUnregistered(database, [unusable, usable])).toEqual([usable]);
});

test('Names and messages that come from a file are kept in a length that can be listed', async () => {
  const database = await freshDatabase();
  const name = 'n'.repeat(64 * 1024);

  const { id } = await loadFile(database, [], {
    result: {
      ...{ status: 'failed', errorCode: 'members-failed', errorMessage: name },
      members: [newMember({ name, errorCode: 'corrupt-zip', errorMessage: name })],
      rejectedRows: [{ member: name, lineNumber: 1, reason: 'invalid-row', text: name }],
    },
  });

  expect(JSON.stringify(await getRawFile(database, id)).length).toBeLessThan(15_000);
});
