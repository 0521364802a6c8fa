import { describe, expect, test } from 'vitest';
import { getRawFileDetail } from '../../functions/raw-files/detail.ts';
import { listRawFiles } from '../../functions/raw-files/list.ts';
import { rawFileRoutes } from '../../functions/raw-files/routes.ts';
import { rawFileResponse, rawFilesResponse } from '../../functions/raw-files/schemas.ts';
import { readRequest } from '../../shared/http/read-request.ts';
import type { Database } from '../../shared/storage/database.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { releaseRawFile } from '../../shared/storage/raw-files/release-raw-file.ts';
import { recordUploadRequest } from '../../shared/storage/upload-requests/record-upload-request.ts';
import { getEvent } from '../support/api-event.ts';
import { freshDatabase } from '../support/database.ts';
import {
  claim,
  esiidA,
  load,
  loadFile,
  newBlock,
  newCounts,
  newMember,
  newRawFile,
  transientRelease,
} from '../support/rows.ts';

const path = '/api/admin/smt/raw-files';

function listQuery(query: Record<string, string>) {
  return readRequest(rawFileRoutes.listRawFiles, getEvent(path, query)).query;
}

async function list(database: Database, query: Record<string, string> = {}) {
  const { body } = await listRawFiles(database, listQuery(query));
  return rawFilesResponse.parse(JSON.parse(JSON.stringify(body)));
}

async function detail(database: Database, id: string) {
  const { body } = await getRawFileDetail(database, id);
  return rawFileResponse.parse(JSON.parse(JSON.stringify(body)));
}

test('Files come newest first, and pages joined by their cursors are the whole', async () => {
  const database = await freshDatabase();
  const times = [
    '2025-01-02T00:00:00Z',
    '2025-01-03T00:00:00Z',
    '2025-01-03T00:00:00Z',
    '2025-01-01T00:00:00.123Z',
  ];
  for (const time of times) await registerRawFile(database, newRawFile({ receivedAt: new Date(time) }));

  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await list(database, { limit: '1', cursor });
    ids.push(...page.files.map(({ id }) => id));
    cursor = page.next_cursor;
  }

  expect(ids).toEqual(['3', '2', '1', '4']);
});

describe('the order of the list', () => {
  const names = ['b.csv', 'a.csv', 'ä.csv'];

  async function databaseOfFiles() {
    const database = await freshDatabase();
    for (const [index, filename] of names.entries()) {
      const receivedAt = new Date(`2025-02-0${index + 1}T12:00:00Z`);
      const sizeBytes = [10, 30, 20][index] ?? 0;
      await registerRawFile(database, newRawFile({ filename, receivedAt, sizeBytes }));
    }
    await loadFile(database, [newBlock()], {
      file: { filename: 'c.csv', sizeBytes: 5, receivedAt: new Date('2025-01-20T12:00:00Z') },
      result: {
        counts: newCounts({ invalidRow: 3 }),
        intervalMinAt: '2025-01-15T06:00:00Z',
        intervalMaxAt: '2025-01-16T05:45:00Z',
        members: [newMember(), newMember({ name: 'readme.txt', kind: 'other' })],
      },
    });
    return database;
  }

  test.each([
    [{ sort: 'received', order: 'asc' }, ['c.csv', 'b.csv', 'a.csv', 'ä.csv']],
    [{ sort: 'size' }, ['a.csv', 'ä.csv', 'b.csv', 'c.csv']],
    [{ sort: 'name', order: 'asc' }, ['a.csv', 'b.csv', 'c.csv', 'ä.csv']],
    [{ sort: 'rejected' }, ['c.csv', 'ä.csv', 'a.csv', 'b.csv']],
    [{ sort: 'data' }, ['c.csv', 'ä.csv', 'a.csv', 'b.csv']],
  ])('is %o, and its pages joined by their cursors are the whole', async (query, expected) => {
    const database = await databaseOfFiles();
    const found: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await list(database, { ...query, limit: '1', cursor });
      found.push(...page.files.map(({ filename }) => filename));
      cursor = page.next_cursor;
    }

    expect(found).toEqual(expected);
  });

  test('rejects a cursor of another order', async () => {
    const database = await databaseOfFiles();
    const { next_cursor: cursor } = await list(database, { sort: 'name', limit: '1' });

    expect(() => listQuery({ sort: 'size', cursor: cursor ?? '' })).toThrow(
      expect.objectContaining({ status: 400, details: [expect.objectContaining({ field: 'cursor' })] }),
    );
  });

  test('reports the days in a file, and how many members held nothing', async () => {
    const database = await databaseOfFiles();
    const { files } = await list(database, { q: 'c.csv' });

    expect(files.find(({ filename }) => filename === 'c.csv')).toMatchObject({
      interval_min_at: '2025-01-15T06:00:00.000Z',
      interval_max_at: '2025-01-16T05:45:00.000Z',
      ignored_members: 1,
      first_esiid: esiidA,
    });
  });
});

test('Filters select by status, source, ESIID, text, content and local days', async () => {
  const database = await freshDatabase();
  const receivedAt = new Date('2025-03-10T04:59:00Z'); // the 9th in Texas
  const { id: loaded } = await loadFile(database, [newBlock()], {
    file: { filename: 'Meter_100%.csv', receivedAt },
  });
  const hinted = await registerRawFile(
    database,
    newRawFile({
      esiid: esiidA,
      source: 'admin-ui',
      sha256: 'cd'.repeat(32),
      receivedAt: new Date('2025-03-10T05:00:00Z'),
    }),
  );
  const ids = async (query: Record<string, string>) =>
    (await list(database, query)).files.map(({ id }) => id);

  expect(await ids({ status: 'normalized,failed' })).toEqual([loaded]);
  expect(await ids({ status: 'registered' })).toEqual([hinted.id]);
  expect(await ids({ source: 'admin-ui' })).toEqual([hinted.id]);
  expect(await ids({ esiid: esiidA })).toContain(hinted.id);
  expect(await ids({ q: 'meter_100%' })).toEqual([loaded]);
  expect(await ids({ q: 'meter%' })).toEqual([]);
  expect(await ids({ sha256: 'CD'.repeat(32) })).toEqual([hinted.id]);
  expect(await ids({ from: '2025-03-10' })).toEqual([hinted.id]);
  expect(await ids({ to: '2025-03-09' })).toEqual([loaded]);
});

test.each([
  ['status', { status: 'lost' }],
  ['cursor', { cursor: 'WyIxIl0' }],
  ['sha256', { sha256: 'abc' }],
  ['from', { from: '2025-02-02', to: '2025-02-01' }],
  ['to', { to: '2200-01-01' }],
  ['q', { q: '\0' }],
])('A wrong %s is rejected by name', (field, query) => {
  expect(() => listQuery(query)).toThrow(
    expect.objectContaining({
      status: 400,
      code: 'invalid-request',
      message: expect.stringContaining(field),
    }),
  );
});

test('The timeline of a file goes from the granted upload over every attempt', async () => {
  const database = await freshDatabase();
  const file = newRawFile();
  await recordUploadRequest(database, {
    ...file,
    sha256: 'ab'.repeat(32),
    clientReceivedAt: null,
    expiresAt: new Date('2030-01-01T00:00:00Z'),
  });
  const { id } = await registerRawFile(database, file);
  const { leaseToken } = await claim(database, id);
  await releaseRawFile(database, {
    id,
    leaseToken,
    errorCode: 'database-unavailable',
    errorMessage: 'it was away',
    ...transientRelease,
  });
  await load(database, await claim(database, id), [newBlock()]);

  const { timeline } = await detail(database, id);

  expect(timeline.map(({ event, detail: what }) => [event, what])).toEqual([
    ['upload-requested', null],
    ['received', 'droplet-upload'],
    ['registered', null],
    ['attempt-started', 'attempt 1'],
    ['attempt-ended', 'attempt 1: retry (database-unavailable: it was away)'],
    ['attempt-started', 'attempt 2'],
    ['attempt-ended', 'attempt 2: normalized'],
  ]);
});

test('A file reports its rejected rows verbatim, its copies, and the days that it was the first to load', async () => {
  const database = await freshDatabase();
  const sha256 = 'ef'.repeat(32);
  const text = '<img src=x onerror=alert(1)>,';
  const { id } = await loadFile(
    database,
    [
      newBlock(),
      newBlock({ usageDate: '2025-01-16' }),
      newBlock({ usageDate: '2025-01-16', channel: 'generation' }),
    ],
    {
      file: { sha256 },
      result: {
        counts: newCounts({ rowsRead: 289, intervalsRead: 288, invalidKwh: 1 }),
        rejectedRows: [{ member: null, lineNumber: 7, reason: 'invalid-kwh', text }],
      },
    },
  );
  const copy = await registerRawFile(database, newRawFile({ sha256 }));

  const response = await detail(database, id);

  expect(response.rejected_rows).toEqual([
    { member: null, line_number: 7, reason: 'invalid-kwh', row_text: text },
  ]);
  expect(response.copies).toMatchObject([{ id: copy.id }]);
  expect(response.changes).toEqual([
    { esiid: esiidA, blocks: 3, days: 2, first_date: '2025-01-15', last_date: '2025-01-16' },
  ]);
  expect(response.file).toMatchObject({ status: 'normalized', rows_read: 289, invalid_kwh: 1 });
  expect(response.file).not.toHaveProperty('lease_token');
});

test('A file that does not exist is a 404 that says so', async () => {
  const database = await freshDatabase();

  const asked = getRawFileDetail(database, '41');

  await expect(asked).rejects.toMatchObject({ status: 404, code: 'not-found' });
});
