import { expect, test } from 'vitest';
import { replayQuery } from '../../functions/replay/replay-query.ts';
import { replay, waitForFiles } from '../../shared/raw-files/replay.ts';
import type { Database } from '../../shared/storage/database.ts';
import { getRawFile } from '../../shared/storage/raw-files/get-raw-file.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import type { ReplayFilter } from '../../shared/storage/raw-files/replay-raw-files.ts';
import { freshDatabase } from '../support/database.ts';
import { claim, esiidA, esiidB, load, loadFile, newBlock, newRawFile } from '../support/rows.ts';

/** Replays and returns the queued files. */
async function replayed(database: Database, filter: Partial<ReplayFilter>) {
  const queued: string[] = [];
  const files = await replay(
    { database, wakeSweep: async () => {}, queue: async (ids) => void queued.push(...ids) },
    {
      bucket: 'raw',
      limit: 100,
      dryRun: false,
      ...filter,
    },
  );
  return { files, queued };
}

/** One file in each status. */
async function differentFiles(database: Database) {
  const { id: normalized } = await loadFile(database, [newBlock()], {
    file: { source: 'droplet-upload' },
  });
  const failed = await loadFile(database, [], {
    file: { source: 'console-drop' },
    result: { status: 'failed', errorCode: 'empty-file', errorMessage: 'The file is empty.' },
  });
  const { id: registered } = await registerRawFile(database, newRawFile({ esiid: esiidB }));
  const { id: leased } = await registerRawFile(database, newRawFile());
  await claim(database, leased);
  return { normalized, failed: failed.id, registered, leased };
}

test('Replay sets a file back to registered, clears its error and queues it', async () => {
  const database = await freshDatabase();
  const { failed } = await differentFiles(database);

  const { files, queued } = await replayed(database, { ids: [failed] });

  expect(files).toMatchObject([{ id: failed, previousStatus: 'failed' }]);
  expect(queued).toEqual([failed]);
  expect(await getRawFile(database, failed)).toMatchObject({ status: 'registered', error_code: null });
});

test('Files are selected by status, source, ESIID, what follows an id, and how many; a live lease is left alone', async () => {
  const database = await freshDatabase();
  const { normalized, failed, registered } = await differentFiles(database);
  const chosen = async (filter: Partial<ReplayFilter>) =>
    (await replayed(database, { ...filter, dryRun: true })).files.map(({ id }) => id);

  expect(await chosen({})).toEqual([normalized, failed, registered]);
  expect(await chosen({ statuses: ['failed'] })).toEqual([failed]);
  expect(await chosen({ source: 'console-drop' })).toEqual([failed]);
  expect(await chosen({ esiid: esiidA })).toEqual([normalized]); // what the file turned out to hold
  expect(await chosen({ esiid: esiidB })).toEqual([registered]); // what was said beside it
  expect(await chosen({ limit: 1 })).toEqual([normalized]);
  expect(await chosen({ limit: 1, after: normalized })).toEqual([failed]);
});

test('A dry run says what would be done and does nothing', async () => {
  const database = await freshDatabase();
  const { failed } = await differentFiles(database);

  const { files, queued } = await replayed(database, { ids: [failed], dryRun: true });

  expect(files).toMatchObject([{ id: failed, previousStatus: 'failed' }]);
  expect(queued).toEqual([]);
  expect(await getRawFile(database, failed)).toMatchObject({ status: 'failed', error_code: 'empty-file' });
});

test('Replay leaves files of another bucket alone', async () => {
  const database = await freshDatabase();
  const { id } = await registerRawFile(database, newRawFile({ bucket: 'another' }));

  const byId = await replayed(database, { ids: [id] });
  const all = await replayed(database, {});

  expect([...byId.queued, ...all.queued]).toEqual([]);
});

test('Loading a replayed file again changes no interval', async () => {
  const database = await freshDatabase();
  const { id } = await loadFile(database, [newBlock()]);
  await replayed(database, { ids: [id] });

  const again = await load(database, await claim(database, id), [newBlock()]);

  expect(again).toMatchObject({ blocksInserted: 0, blocksUnchanged: 1, intervalsInserted: 0 });
  const { rows } = await database.pool.query(
    'select count(*)::int as count, sum(kwh) as kwh from smt_intervals',
  );
  expect(rows).toMatchObject([{ count: 96, kwh: '24.00000' }]);
});

test('A file that is replayed while its worker lives is left to that worker', async () => {
  const database = await freshDatabase();
  const { id } = await registerRawFile(database, newRawFile());
  const claimed = await claim(database, id);

  const { files } = await replayed(database, { ids: [id] });
  await load(database, claimed, [newBlock()]);

  expect(files).toEqual([]);
  expect(await getRawFile(database, id)).toMatchObject({ status: 'normalized' });
});

test('Waiting responds once all files have reached a final status, or with the progress at the timeout', async () => {
  const database = await freshDatabase();
  const { id } = await loadFile(database, [newBlock()]);
  const { id: open } = await registerRawFile(database, newRawFile());

  const all = await waitForFiles(database, [id], 10_000);
  const some = await waitForFiles(database, [id, open], 300);

  expect(all).toMatchObject([{ id, status: 'normalized', isFinished: true, intervalsInserted: 96 }]);
  expect(some.map((file) => file.isFinished).sort()).toEqual([false, true]);
});

test('A call that names neither files nor statuses means whatever is not loaded; one that names files means them', () => {
  expect(replayQuery.parse({})).toMatchObject({
    statuses: ['registered', 'normalizing', 'failed'],
    limit: 100,
  });
  expect(replayQuery.parse({ id: '1,2' })).toMatchObject({ id: ['1', '2'], statuses: undefined });
  expect(replayQuery.parse({ status: 'any' })).toMatchObject({ statuses: undefined });
  expect(replayQuery.parse({ status: 'failed,ignored', dryRun: 'true', wait: '25' })).toMatchObject({
    statuses: ['failed', 'ignored'],
    dryRun: true,
    wait: 25,
  });
});

test.each([
  ['status', 'lost'],
  ['id', '1;2'],
  ['esiid', '104437200'],
  ['limit', '1001'],
  ['wait', '26'],
  ['dryRun', 'maybe'],
])('A call with %s=%s is rejected by that name', (name, value) => {
  const { success, error } = replayQuery.safeParse({ [name]: value });

  expect(success).toBe(false);
  expect(error?.issues[0]?.path[0]).toBe(name);
});
