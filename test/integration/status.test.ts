import { sql } from 'kysely';
import type { PoolClient } from 'pg';
import { expect, test } from 'vitest';
import { usualDelivery } from '../../shared/status/expected-delivery.ts';
import { findingsOf } from '../../shared/status/findings.ts';
import { readStatus } from '../../shared/status/read-status.ts';
import type { Database } from '../../shared/storage/database.ts';
import { listRawFiles } from '../../shared/storage/raw-files/list-raw-files.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { findUploadRequests } from '../../shared/storage/upload-requests/find-upload-requests.ts';
import { createFreshDatabase, freshDatabase } from '../support/database.ts';
import { daysAgo } from '../support/days-ago.ts';
import { esiidA, esiidB, loadFile, newBlock, newRawFile } from '../support/rows.ts';

const bucket = 'raw';
const dayMs = 86_400_000;
const expected = usualDelivery;

function statusOf(database: Database, graceMs = 0) {
  return readStatus(database, { bucket, expected, graceMs, now: new Date() });
}

function received(days: number) {
  return { file: { receivedAt: new Date(Date.now() - days * dayMs) } };
}

test('The age of data is that of the newest day stored, in either channel', async () => {
  const database = await freshDatabase();
  const empty = await statusOf(database);
  await loadFile(database, [newBlock({ usageDate: daysAgo(9) }), newBlock({ usageDate: daysAgo(3) })]);
  await loadFile(database, [newBlock({ usageDate: daysAgo(2), channel: 'generation' })]);

  const { dataAge } = await statusOf(database);

  expect(empty.dataAge).toMatchObject({
    examined: 0,
    newestUsageDate: null,
    ageDays: null,
    lastLoadedAt: null,
  });
  expect(dataAge).toMatchObject({ examined: 1, isSample: false, newestUsageDate: daysAgo(2), ageDays: 2 });
  expect(Date.now() - (dataAge.lastLoadedAt?.getTime() ?? 0)).toBeLessThan(dayMs);
});

test('An ESIID is dormant that had intervals in the last thirty days and has none since', async () => {
  const database = await freshDatabase();
  const ages = { [esiidA]: 1, [esiidB]: 8, '10443720000000003': 7, '10443720000000004': 31 };
  const blocks = Object.entries(ages).map(([esiid, age]) => newBlock({ esiid, usageDate: daysAgo(age) }));
  await loadFile(database, blocks);

  const { dataAge } = await statusOf(database);

  expect(dataAge).toMatchObject({ examined: 4, active: 3, dormant: 1 });
  expect(dataAge.dormantEsiids).toEqual([{ esiid: esiidB, newestUsageDate: daysAgo(8) }]);
});

test('Files are counted by status: those of today, those since the newest data, those that failed ever', async () => {
  const database = await freshDatabase();
  const failed = { status: 'failed', errorCode: 'empty-file', errorMessage: 'It is empty.' } as const;
  await loadFile(database, [newBlock()]);
  await loadFile(database, [], { ...received(0), result: failed });
  await loadFile(database, [], { ...received(40), result: failed });
  await registerRawFile(database, newRawFile({ receivedAt: new Date() }));

  const { files } = await statusOf(database);

  expect(files).toMatchObject({
    today: { failed: 1, registered: 1 },
    failed: 2,
    oldestPending: { id: '4', filename: 'IntervalData.csv' },
  });
  expect(files.since).toEqual({ failed: 1, registered: 1 });
});

test('A source that brought data on most days is late when it brings none, whatever others bring', async () => {
  const database = await freshDatabase();
  const bring = (source: string, days: number) =>
    loadFile(database, [newBlock({ usageDate: daysAgo(days) })], {
      file: { source, receivedAt: new Date(Date.now() - days * dayMs) },
    });
  for (let day = 2; day <= 14; day++) await bring('droplet-upload', day);
  for (let day = 0; day <= 14; day++) await bring('main-app', day);
  await bring('console-drop', 0);

  const { files } = await statusOf(database);

  const late = Object.fromEntries(
    files.sources.map(({ source, isDaily, isLate }) => [source, [isDaily, isLate]]),
  );
  expect(late).toEqual({
    'droplet-upload': [true, true],
    'main-app': [true, false],
    'console-drop': [false, false],
  });
});

test('A file is found by its name, hash, key and id, and by no part of them', async () => {
  const database = await freshDatabase();
  const sha256 = 'ab'.repeat(32);
  const { id } = await registerRawFile(
    database,
    newRawFile({ filename: 'März 1.csv', objectKey: 'drops/März 1.csv', sha256 }),
  );
  const find = async (name: string) => {
    const named = { bucket, name };
    return (await listRawFiles(database, { named, sort: 'received', order: 'desc', limit: 9 })).map(
      (file) => file.id,
    );
  };

  for (const name of ['März 1.csv', 'drops/März 1.csv', sha256, sha256.toUpperCase(), id]) {
    expect(await find(name)).toEqual([id]);
  }
  for (const name of ['März', '%', '0', '', '99']) expect(await find(name)).toEqual([]);
});

test('No part of the status reads a whole table', async () => {
  const fresh = await createFreshDatabase();
  const plans: string[] = [];
  const database = fresh.open();
  database.pool.on('connect', (client: PoolClient) => {
    client.on('notice', ({ message }) => void plans.push(message ?? ''));
    void client.query(`load 'auto_explain'; set auto_explain.log_min_duration = 0; set client_min_messages = log;
      set enable_seqscan = off; set jit = off`);
  });
  try {
    await loadFile(database, [newBlock()]);
    await sql`analyze`.execute(database.kysely);
    plans.length = 0;

    await statusOf(database);
    await listRawFiles(database, {
      named: { bucket, name: 'a.csv' },
      sort: 'received',
      order: 'desc',
      limit: 9,
    });
    await findUploadRequests(database, 'a.csv');
  } finally {
    await fresh.drop();
  }
  const tables = 'raw_files|interval_blocks|raw_file_meters|upload_requests|day_disagreements';
  expect(plans.length).toBeGreaterThan(8);
  expect(plans.join('\n').match(new RegExp(`Seq Scan on (?:${tables})\\b.*`, 'g'))).toBeNull();
});

test('What is as expected is no finding', async () => {
  const database = await freshDatabase();
  await loadFile(database, [newBlock({ usageDate: daysAgo(1) })], received(0));
  const now = new Date();

  const findings = findingsOf({
    ...(await statusOf(database, dayMs)),
    ...{ now, expected, sweepCompletedAt: now, lastFailed: null },
  });

  expect(findings).toEqual([]);
});
