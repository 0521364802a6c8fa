import { sql } from 'kysely';
import type { PoolClient } from 'pg';
import { expect, test } from 'vitest';
import { usualDelivery } from '../../shared/status/expected-delivery.ts';
import { findingsOf } from '../../shared/status/findings.ts';
import { readStatus } from '../../shared/status/read-status.ts';
import { syncFindings } from '../../shared/status/sync-runs.ts';
import type { Database } from '../../shared/storage/database.ts';
import { listRawFiles } from '../../shared/storage/raw-files/list-raw-files.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { readSchemaCreatedAt } from '../../shared/storage/schema/read-schema-created-at.ts';
import { readSyncRuns } from '../../shared/storage/sync-runs/read-sync-runs.ts';
import { recordSyncRun } from '../../shared/storage/sync-runs/record-sync-run.ts';
import type { SyncRun } from '../../shared/storage/sync-runs/sync-run.ts';
import { findUploadRequests } from '../../shared/storage/upload-requests/find-upload-requests.ts';
import { createFreshDatabase, freshDatabase } from '../support/database.ts';
import { daysAgo } from '../support/days-ago.ts';
import { esiidA, esiidB, loadFile, newBlock, newRawFile } from '../support/rows.ts';

const newSyncRun = (run: Partial<SyncRun> = {}): SyncRun => ({
  source: 'droplet-upload',
  ...{
    errorCode: null,
    filesListed: 3,
    filesDelivered: 1,
    filesDuplicate: 0,
    filesWaiting: 0,
    filesFailed: 0,
  },
  ...{ fileErrorCode: null, newestModifiedAt: new Date('2025-03-01T12:00:00Z') },
  ...run,
});

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

  const { sources } = await statusOf(database);

  const late = Object.fromEntries(sources.map(({ source, isDaily, isLate }) => [source, [isDaily, isLate]]));
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

test('A sync that has run without an error lately is no finding; one that fails or is silent is, in other words', async () => {
  const database = await freshDatabase();
  const says = async (hours: number) => {
    const now = new Date(Date.now() + hours * 3_600_000);
    return syncFindings({ now, expected, syncRuns: await readSyncRuns(database) }).map(
      ({ severity, message }) => [severity, message],
    );
  };
  const none = await says(0);
  await recordSyncRun(database, newSyncRun());
  const first = await says(1);
  const silent = await says(5);
  await recordSyncRun(database, newSyncRun({ errorCode: 'sftp-unreachable', filesListed: null }));
  await sql`update sync_runs set succeeded_at = succeeded_at - interval '2 hours'`.execute(database.kysely);
  const failing = await says(0);
  const failed = await says(2);
  await recordSyncRun(database, newSyncRun({ filesFailed: 1, fileErrorCode: 'remote-file-timeout' }));
  const partly = await says(0);

  expect([none, first]).toEqual([[], []]);
  expect(silent).toEqual([['error', expect.stringContaining('of droplet-upload has not run for 5 hours')]]);
  const fails = (ago: string, since: string) =>
    expect.stringContaining(
      `runs and fails: sftp-unreachable, ${ago} ago; its last success was ${since} ago`,
    );
  expect(failing).toEqual([['warning', fails('0 minutes', '2 hours')]]);
  expect(failed).toEqual([['error', fails('2 hours', '4 hours')]]);
  expect(partly).toEqual([
    [
      'warning',
      expect.stringMatching(/could not deliver 1 file of 3 .* the last of them: remote-file-timeout/),
    ],
  ]);
});

test('A stack whose sweep has not run is no finding before it is due', async () => {
  const database = await freshDatabase();
  await loadFile(database, [newBlock({ usageDate: daysAgo(1) })], received(0));
  const deployedAt = await readSchemaCreatedAt(database);
  const codesAfter = async (minutes: number) => {
    const now = new Date(deployedAt.getTime() + minutes * 60_000);
    const status = await statusOf(database, dayMs);
    return findingsOf({
      ...status,
      ...{ now, expected, deployedAt, sweepCompletedAt: null, lastFailed: null },
    });
  };

  expect(Math.abs(Date.now() - deployedAt.getTime())).toBeLessThan(dayMs);
  expect(await codesAfter(5)).toEqual([]);
  expect(await codesAfter(21)).toMatchObject([
    { code: 'sweep-silent', message: expect.stringContaining('has not completed a run yet') },
  ]);
});

test('What is as expected is no finding', async () => {
  const database = await freshDatabase();
  await loadFile(database, [newBlock({ usageDate: daysAgo(1) })], received(0));
  await recordSyncRun(database, newSyncRun());
  const now = new Date();

  const findings = findingsOf({
    ...(await statusOf(database, dayMs)),
    ...{ now, expected, deployedAt: now, sweepCompletedAt: null, lastFailed: null },
  });

  expect(findings).toEqual([]);
});
