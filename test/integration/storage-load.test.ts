import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { IntervalBlock } from '../../shared/intervals/block.ts';
import type { Database } from '../../shared/storage/database.ts';
import { isTransientDatabaseError } from '../../shared/storage/errors.ts';
import { openLoad } from '../../shared/storage/load/load-blocks.ts';
import { getRawFile } from '../../shared/storage/raw-files/get-raw-file.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { replayRawFiles } from '../../shared/storage/raw-files/replay-raw-files.ts';
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
  newResult,
  slots,
} from '../support/rows.ts';

async function countBlocks({ kysely }: Database): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*) from interval_blocks`.execute(kysely);
  return Number(rows[0]?.count);
}

/** Days of a year for some meters, each with its own values. */
function manyBlocks(meters: number, days: number): IntervalBlock[] {
  return Array.from({ length: meters * days }, (_, index) => {
    const day = new Date(Date.UTC(2024, 3, 1 + (index % days))); // from April on, clear of both clock changes
    const kwh = Array.from({ length: 96 }, (_, slot) => `${index}.${String(slot).padStart(3, '0')}`);
    const esiid = String(10443720000000000n + BigInt(Math.floor(index / days)));
    return newBlock({ esiid, usageDate: day.toISOString().slice(0, 10), kwh });
  });
}

test('Values come out exactly as they went in, with flags, gaps and the meter’s name', async () => {
  const database = await freshDatabase();
  const kwh = slots({ 0: '0.145', 1: '0', 2: '99999.99999', 95: '1' });
  const estimated = `01${'0'.repeat(94)}`;
  const meter = 'tab\t back\\slash\nnew line \\N';

  const summary = await loadFile(database, [newBlock({ kwh, estimated, meter })]);

  expect(summary).toMatchObject({ blocksInserted: 1, blocksUnchanged: 0, intervalsInserted: 4 });
  const rows = await database.kysely.selectFrom('smt_intervals').selectAll().orderBy('ts').execute();
  expect(rows).toMatchObject([
    {
      ts: new Date('2025-01-15T06:00:00Z'),
      kwh: '0.14500',
      estimated: false,
      usage_date: '2025-01-15',
      meter,
    },
    { ts: new Date('2025-01-15T06:15:00Z'), kwh: '0.00000', estimated: true },
    { ts: new Date('2025-01-15T06:30:00Z'), kwh: '99999.99999', estimated: false },
    { ts: new Date('2025-01-16T05:45:00Z'), kwh: '1.00000', estimated: false },
  ]);
});

test('A block without a revision stamp counts from when the object was received', async () => {
  const database = await freshDatabase();
  const receivedAt = new Date('2025-03-01T00:00:00Z');

  await loadFile(database, [newBlock({ revisedAt: null })], { file: { receivedAt } });

  const block = await database.kysely.selectFrom('interval_blocks').selectAll().executeTakeFirstOrThrow();
  expect(block.revised_at).toEqual(receivedAt);
});

test('Loading the same blocks again, in one file or another, adds nothing', async () => {
  const database = await freshDatabase();
  const blocks = manyBlocks(3, 30);

  const first = await loadFile(database, blocks);
  const again = await loadFile(database, [...blocks, ...blocks].reverse());

  expect(first).toMatchObject({ blocksInserted: 90, blocksUnchanged: 0, intervalsInserted: 90 * 96 });
  expect(again).toMatchObject({ blocksInserted: 0, blocksUnchanged: 180, intervalsInserted: 0 });
  expect(await countBlocks(database)).toBe(90);
});

test('A load of many chunks arrives whole, and a day keeps to the number of quarter hours it had in Texas', async () => {
  const database = await freshDatabase();
  const blocks = manyBlocks(20, 200);

  const summary = await loadFile(database, blocks);

  expect(summary).toMatchObject({ blocksInserted: 4_000, intervalsInserted: 384_000 });
  const { rows } = await sql<{ sum: string }>`select sum(kwh) from smt_intervals`.execute(database.kysely);
  // Σ index × 96 + 4,000 × Σ slot / 1000
  expect(rows).toEqual([{ sum: '767826240.00000' }]);
});

test.each([
  ['2022-03-13', 92],
  ['2022-11-06', 100],
  ['2022-07-04', 96],
])('%s has %d slots, neither fewer nor more', async (usageDate, length) => {
  const database = await freshDatabase();
  const day = (count: number, estimated: string | null = null) =>
    newBlock({ usageDate, kwh: Array.from({ length: count }, () => '1'), estimated });

  const right = await loadFile(database, [day(length), day(length, '1'.repeat(length))]);

  expect(right.blocksInserted).toBe(2);
  for (const wrong of [day(length - 4), day(length + 4), day(length, '1'.repeat(length - 1))]) {
    await expect(loadFile(database, [wrong])).rejects.toMatchObject({ constraint: 'interval_blocks_slots' });
  }
  const { rows } = await sql<{ count: string }>`
    select count(distinct ts) from smt_intervals
    where timezone('America/Chicago', ts)::date = ${usageDate}`.execute(database.kysely);
  expect(rows).toEqual([{ count: String(length) }]);
});

test('What the database rejects leaves nothing of the file, is not transient, and costs no connection', async () => {
  const database = await freshDatabase();
  const bad = newBlock({ kwh: ['1'] });

  for (let tries = 0; tries < 10; tries++) {
    const error = await loadFile(database, [newBlock(), bad]).catch((reason: unknown) => reason);
    expect(isTransientDatabaseError(error)).toBe(false);
  }

  expect(await countBlocks(database)).toBe(0);
  expect((await loadFile(database, [newBlock()])).blocksInserted).toBe(1);
});

test('A connection lost half way through a load is transient, and leaves nothing of the file', async () => {
  const database = await freshDatabase();
  const { id } = await registerRawFile(database, newRawFile());
  const { file, leaseToken } = await claim(database, id);
  const blockLoad = openLoad(database, { rawFileId: id, leaseToken, receivedAt: file.receivedAt });
  const blocks = manyBlocks(10, 100);
  for (const block of blocks) await blockLoad.add(block, 0);

  await sql`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and query like 'copy%'`.execute(database.kysely);
  const failure = await (async () => {
    for (const block of blocks) await blockLoad.add(block, 0);
    return blockLoad.finish(newResult());
  })().catch((reason: unknown) => reason);
  blockLoad.abort();

  expect(isTransientDatabaseError(failure)).toBe(true);
  expect(await countBlocks(database)).toBe(0);
  expect((await getRawFile(database, id))?.status).toBe('normalizing');
});

test('An aborted load leaves nothing, and its file can still be finished as failed', async () => {
  const database = await freshDatabase();
  const { id } = await registerRawFile(database, newRawFile());
  const claimed = await claim(database, id);
  const { file, leaseToken } = claimed;
  const blockLoad = openLoad(database, { rawFileId: id, leaseToken, receivedAt: file.receivedAt });
  for (const block of manyBlocks(10, 100)) await blockLoad.add(block, 0);

  blockLoad.abort();
  await load(database, claimed, [], {
    status: 'failed',
    errorCode: 'no-header',
    errorMessage: 'found this: …',
  });

  expect(await countBlocks(database)).toBe(0);
  expect(await getRawFile(database, id)).toMatchObject({
    status: 'failed',
    error_code: 'no-header',
    error_message: 'found this: …',
    normalized_at: null,
  });
});

test('A replay replaces counts and rejected rows, and keeps every block', async () => {
  const database = await freshDatabase();
  const rejected = Array.from({ length: 150 }, (_, index) => ({
    member: null,
    lineNumber: index + 2,
    reason: 'invalid-kwh' as const,
    text: `row ${index} with \0 in it`,
  }));
  const first = await loadFile(database, [newBlock()], { result: { rejectedRows: rejected } });
  await replayRawFiles(database, { bucket: 'raw', ids: [first.id], limit: 1, dryRun: false });

  const kept = await database.kysely.selectFrom('rejected_rows').selectAll().orderBy('position').execute();
  const second = await load(database, await claim(database, first.id), [], {
    counts: newCounts({ rowsRead: 1, invalidKwh: 1 }),
    rejectedRows: rejected.slice(0, 1),
  });

  expect(kept).toHaveLength(100);
  expect(kept[0]).toMatchObject({
    line_number: '2',
    reason: 'invalid-kwh',
    row_text: 'row 0 with \ufffd in it',
  });
  expect(second).toMatchObject({ attempt: 2, blocksInserted: 0 });
  expect(await database.kysely.selectFrom('rejected_rows').selectAll().execute()).toHaveLength(1);
  expect(await getRawFile(database, first.id)).toMatchObject({
    rows_read: 1,
    invalid_kwh: 1,
    blocks_inserted: 0,
  });
  expect(await countBlocks(database)).toBe(1);
});

test('Four workers that load the same blocks in different orders all finish, and each block is there once', async () => {
  const database = await freshDatabase();
  const blocks = manyBlocks(10, 60);
  const orders = [
    blocks,
    blocks.toReversed(),
    [...blocks.slice(300), ...blocks.slice(0, 300)],
    blocks.slice(100),
  ];

  for (let round = 0; round < 3; round++) {
    const revisedAt = new Date(Date.UTC(2024, 11, 1 + round)).toISOString();
    const revised = orders.map((order) => order.map((block) => ({ ...block, revisedAt })));
    const summaries = await Promise.all(revised.map((order) => loadFile(database, order)));
    expect(summaries.reduce((sum, { blocksInserted }) => sum + blocksInserted, 0)).toBe(600);
  }

  expect(await countBlocks(database)).toBe(1_800);
});

test('What was staged of a member that turned out to be corrupt is left out, the other members are loaded', async () => {
  const database = await freshDatabase();
  const { id } = await registerRawFile(database, newRawFile());
  const { file, leaseToken } = await claim(database, id);
  const blockLoad = openLoad(database, { rawFileId: id, leaseToken, receivedAt: file.receivedAt });
  await blockLoad.add(newBlock({ esiid: esiidA }), 0);
  await blockLoad.add(newBlock({ esiid: esiidB }), 1);

  const summary = await blockLoad.finish(
    newResult({
      status: 'failed',
      errorCode: 'members-failed',
      errorMessage: 'one of two',
      members: [newMember({ errorCode: 'corrupt-zip', errorMessage: 'corrupt' }), newMember()],
    }),
  );

  expect(summary).toMatchObject({ blocksInserted: 1, blocksUnchanged: 0, intervalsInserted: 96 });
  const stored = await database.kysely.selectFrom('smt_intervals').select('esiid').distinct().execute();
  expect(stored).toEqual([{ esiid: esiidB }]);
});

test('Slots that several blocks of one revision share are counted once, member by member', async () => {
  const database = await freshDatabase();
  const { id } = await registerRawFile(database, newRawFile());
  const { file, leaseToken } = await claim(database, id);
  const blockLoad = openLoad(database, { rawFileId: id, leaseToken, receivedAt: file.receivedAt });
  const estimated = `1${'0'.repeat(95)}`;
  // Slot 0: 1, 1 estimated, 1 again, 2. Slot 1: 5, 5. Slot 2: 7 alone. The next day, and another member, stand apart.
  const scattered = [
    newBlock({ kwh: slots({ 0: '1', 1: '5' }) }),
    newBlock({ kwh: slots({ 0: '1' }), estimated }),
    newBlock({ kwh: slots({ 0: '1', 2: '7' }) }),
    newBlock({ kwh: slots({ 0: '2', 1: '5' }) }),
    newBlock({ usageDate: '2025-01-16', kwh: slots({ 0: '1' }) }),
  ];
  for (const block of scattered) await blockLoad.add(block, 0);
  await blockLoad.add(newBlock({ kwh: slots({ 0: '1' }) }), 1);
  // The reader saw one of the conflicts itself, and dropped one row it knew to be a duplicate.
  const members = [
    newMember({ counts: newCounts({ rowsRead: 9, intervalsRead: 7, conflictingRows: 1, duplicateRows: 1 }) }),
    newMember({ counts: newCounts({ rowsRead: 1, intervalsRead: 1 }) }),
  ];

  const summary = await blockLoad.finish(
    newResult({
      counts: newCounts({ rowsRead: 10, intervalsRead: 8, conflictingRows: 1, duplicateRows: 1 }),
      members,
      recountMembers: [0],
    }),
  );

  expect(summary.members.map(({ counts }) => counts)).toEqual([
    newCounts({ rowsRead: 9, intervalsRead: 4, conflictingRows: 2, duplicateRows: 3 }),
    newCounts({ rowsRead: 1, intervalsRead: 1 }),
  ]);
  expect(summary.counts).toEqual(
    newCounts({ rowsRead: 10, intervalsRead: 5, conflictingRows: 2, duplicateRows: 3 }),
  );
  expect(await getRawFile(database, id)).toMatchObject({
    intervals_read: 5,
    members: [{ counts: { intervals_read: 4, conflicting_rows: 2, duplicate_rows: 3 } }, {}],
  });
  const current = await database.kysely
    .selectFrom('smt_intervals')
    .select(['kwh', 'estimated'])
    .where('esiid', '=', esiidA)
    .where('usage_date', '=', '2025-01-15')
    .orderBy('ts')
    .execute();
  expect(current.map(({ kwh }) => kwh)).toEqual(['2.00000', '5.00000', '7.00000']);
});
