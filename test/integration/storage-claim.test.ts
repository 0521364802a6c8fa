import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Database } from '../../shared/storage/database.ts';
import { LeaseLostError } from '../../shared/storage/errors.ts';
import { claimRawFile } from '../../shared/storage/raw-files/claim-raw-file.ts';
import { getRawFile } from '../../shared/storage/raw-files/get-raw-file.ts';
import { markAnnounced } from '../../shared/storage/raw-files/mark-announced.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { releaseRawFile } from '../../shared/storage/raw-files/release-raw-file.ts';
import { replayRawFiles } from '../../shared/storage/raw-files/replay-raw-files.ts';
import { freshDatabase } from '../support/database.ts';
import { claim, load, loadFile, newBlock, newRawFile, transientRelease } from '../support/rows.ts';

/** A lease that expires at once, as of a worker that died. */
const expiredMs = 0;

async function registeredFile(database: Database): Promise<string> {
  return (await registerRawFile(database, newRawFile())).id;
}

function tryClaim(database: Database, id: string, leaseMs = 60_000) {
  return claimRawFile(database, { id, bucket: 'raw', leaseMs, maxLostAttempts: 3, workerId: 'test-worker' });
}

async function attemptsOf({ kysely }: Database, id: string) {
  return kysely
    .selectFrom('normalize_attempts')
    .select(['attempt', 'outcome', 'error_code'])
    .where('raw_file_id', '=', id)
    .orderBy('attempt')
    .execute();
}

/** Sessions of this database that wait for a lock. */
async function countWaiting({ kysely }: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(kysely);
  return rows[0]?.count ?? 0;
}

test('Of ten concurrent claims one gets the file, nine get busy and until when', async () => {
  const database = await freshDatabase();
  const id = await registeredFile(database);

  const claims = await Promise.all(Array.from({ length: 10 }, () => tryClaim(database, id)));

  expect(claims.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1);
  const busy = claims.filter((claimed) => claimed.outcome === 'busy');
  expect(busy).toHaveLength(9);
  expect(busy.every(({ leaseExpiresAt }) => leaseExpiresAt.getTime() > Date.now())).toBe(true);
  expect(await attemptsOf(database, id)).toEqual([{ attempt: 1, outcome: null, error_code: null }]);
});

test('Of claims that waited longer for a lock than their lease is, one gets the file, for the whole lease', async () => {
  const database = await freshDatabase();
  const id = await registeredFile(database);
  const holder = await database.connect();
  await holder.query('begin');
  await holder.query('select from raw_files where id = $1 for update', [id]);
  const leaseMs = 2_000;

  const claims = Promise.all([tryClaim(database, id, leaseMs), tryClaim(database, id, leaseMs)]);
  await expect.poll(() => countWaiting(database)).toBe(2);
  await sleep(leaseMs + 100);
  await holder.query('commit');
  holder.release();

  expect((await claims).map(({ outcome }) => outcome).sort()).toEqual(['busy', 'claimed']);
  expect(await attemptsOf(database, id)).toEqual([{ attempt: 1, outcome: null, error_code: null }]);
});

test('A claim returns what normalize needs', async () => {
  const database = await freshDatabase();
  const file = newRawFile({ esiid: '10443720000000001' });
  const { id } = await registerRawFile(database, file);

  const claimed = await claim(database, id);

  const { etag: _, ...known } = file;
  expect(claimed.file).toEqual({ id, replayedFrom: null, ...known });
  expect(claimed.attempt).toBe(1);
});

test('A file in a final status, or not registered, is not claimed', async () => {
  const database = await freshDatabase();
  const { id } = await loadFile(database, [newBlock()]);

  expect(await tryClaim(database, id)).toEqual({ outcome: 'finished', status: 'normalized' });
  expect(await tryClaim(database, '4711')).toEqual({ outcome: 'unknown' });
});

test('When a lease has run out another worker takes over, and the first can neither finish nor release', async () => {
  const database = await freshDatabase();
  const id = await registeredFile(database);
  const slow = await claim(database, id, expiredMs);
  const next = await claim(database, id);

  const finish = load(database, slow, [newBlock()]);
  await expect(finish).rejects.toThrow(LeaseLostError);
  const release = {
    id,
    leaseToken: slow.leaseToken,
    errorCode: 'too-late',
    errorMessage: 'too late',
    ...transientRelease,
  };
  await expect(releaseRawFile(database, release)).rejects.toThrow(LeaseLostError);

  expect(await database.kysely.selectFrom('interval_blocks').selectAll().execute()).toEqual([]);
  expect(await getRawFile(database, id)).toMatchObject({
    status: 'normalizing',
    lease_token: next.leaseToken,
  });
  expect(await attemptsOf(database, id)).toEqual([
    { attempt: 1, outcome: 'lost', error_code: null },
    { attempt: 2, outcome: null, error_code: null },
  ]);
  const summary = await load(database, next, [newBlock()]);
  expect(summary.blocksInserted).toBe(1);
});

test('A worker whose lease expired but was not taken over may still finish', async () => {
  const database = await freshDatabase();
  const slow = await claim(database, await registeredFile(database), expiredMs);

  const summary = await load(database, slow, [newBlock()]);

  expect(summary).toMatchObject({ attempt: 1, blocksInserted: 1 });
});

test('A file that lost three workers in a row is failed, says so, and can be replayed', async () => {
  const database = await freshDatabase();
  const id = await registeredFile(database);
  for (let lost = 0; lost < 3; lost++) await claim(database, id, expiredMs);

  const fourth = await tryClaim(database, id);

  expect(fourth).toMatchObject({ outcome: 'given-up', attempts: 3 });
  expect(await getRawFile(database, id)).toMatchObject({
    status: 'failed',
    error_code: 'worker-lost',
    error_message: expect.stringMatching(/^3 attempts in a row were lost, the last without a word/),
  });
  expect((await attemptsOf(database, id)).map(({ outcome }) => outcome)).toEqual(['lost', 'lost', 'lost']);
  expect(await tryClaim(database, id)).toEqual({ outcome: 'finished', status: 'failed' });

  await replayRawFiles(database, { bucket: 'raw', ids: [id], limit: 1, dryRun: false });
  const again = await claim(database, id, expiredMs);
  expect(again.attempt).toBe(4);
  expect((await tryClaim(database, id)).outcome).toBe('claimed');
});

test('A released file is registered again with the reason, and its lost workers are forgotten', async () => {
  const database = await freshDatabase();
  const id = await registeredFile(database);
  for (let lost = 0; lost < 2; lost++) await claim(database, id, expiredMs);
  const { leaseToken } = await claim(database, id);

  await releaseRawFile(database, {
    id,
    leaseToken,
    errorCode: 's3-throttled',
    errorMessage: 'slow down',
    ...transientRelease,
  });

  expect(await getRawFile(database, id)).toMatchObject({
    status: 'registered',
    error_code: 's3-throttled',
    lost_attempts: 0,
    lease_token: null,
  });
  expect((await attemptsOf(database, id)).at(-1)).toEqual({
    attempt: 3,
    outcome: 'retry',
    error_code: 's3-throttled',
  });
});

test('A replay takes back any file but one that is being worked on; a dry run only says which', async () => {
  const database = await freshDatabase();
  const normalized = await loadFile(database, [newBlock()], { file: { sha256: 'cd'.repeat(32) } });
  const duplicate = await registerRawFile(database, newRawFile({ sha256: 'cd'.repeat(32) }));
  const working = await registeredFile(database);
  await claim(database, working);
  const abandoned = await registeredFile(database);
  await claim(database, abandoned, expiredMs);
  const expected = [
    { id: normalized.id, previousStatus: 'normalized' },
    { id: duplicate.id, previousStatus: 'duplicate' },
    { id: abandoned, previousStatus: 'normalizing' },
  ];

  const dry = await replayRawFiles(database, { bucket: 'raw', limit: 10, dryRun: true });
  const untouched = await getRawFile(database, duplicate.id);
  const replayed = await replayRawFiles(database, { bucket: 'raw', limit: 10, dryRun: false });

  expect(dry).toMatchObject(expected);
  expect(untouched?.status).toBe('duplicate');
  expect(replayed).toMatchObject(expected);
  for (const { id } of expected) {
    expect(await getRawFile(database, id)).toMatchObject({
      status: 'registered',
      duplicate_of: null,
      queued_at: null,
    });
  }
  expect((await getRawFile(database, working))?.status).toBe('normalizing');
  expect(await attemptsOf(database, abandoned)).toMatchObject([{ outcome: 'lost' }]);
});

test('A replay takes only the files that fit every part of its filter, oldest first, up to the limit', async () => {
  const database = await freshDatabase();
  const register = async (source: string, esiid: string | null) =>
    (await registerRawFile(database, newRawFile({ source, esiid }))).id;
  const first = await register('droplet-upload', 'x');
  const second = await register('admin-ui', 'x');
  const third = await register('droplet-upload', 'x');
  await register('droplet-upload', null);
  const replay = async (filter: object) =>
    (await replayRawFiles(database, { bucket: 'raw', limit: 10, dryRun: true, ...filter })).map(
      ({ id }) => id,
    );

  expect(await replay({ esiid: 'x' })).toEqual([first, second, third]);
  expect(await replay({ esiid: 'x', limit: 2 })).toEqual([first, second]);
  expect(await replay({ esiid: 'x', source: 'droplet-upload' })).toEqual([first, third]);
  expect(await replay({ ids: [second, third], statuses: ['registered'] })).toEqual([second, third]);
  expect(await replay({ statuses: ['failed'] })).toEqual([]);
});

test('An announcement counts for the attempt it announced, not for a later one', async () => {
  const database = await freshDatabase();
  const first = await loadFile(database, [newBlock()]);
  await replayRawFiles(database, { bucket: 'raw', ids: [first.id], limit: 1, dryRun: false });
  const second = await load(database, await claim(database, first.id), [newBlock()]);

  const late = await markAnnounced(database, { id: first.id, attempt: first.attempt });
  const right = await markAnnounced(database, { id: first.id, attempt: second.attempt });
  const twice = await markAnnounced(database, { id: first.id, attempt: second.attempt });

  expect([late, right, twice]).toEqual([false, true, false]);
});

test('A file that fails unexpectedly is given up after some attempts, one that waits for others after some time', async () => {
  const database = await freshDatabase();
  const [unexpected, waiting] = [await registeredFile(database), await registeredFile(database)];
  const error = { errorCode: 'RangeError', errorMessage: 'Set maximum size exceeded' };
  const outcomes: string[] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    const { leaseToken } = await claim(database, unexpected);
    const release = { id: unexpected, leaseToken, ...error, ...transientRelease, isUnexpected: true };
    outcomes.push((await releaseRawFile(database, release)).outcome);
  }
  const { leaseToken } = await claim(database, waiting);
  const late = await releaseRawFile(database, {
    id: waiting,
    leaseToken,
    ...error,
    ...transientRelease,
    maxRetryMs: 0,
  });

  expect(outcomes).toEqual(['released', 'released', 'given-up']);
  expect(await getRawFile(database, unexpected)).toMatchObject({
    status: 'failed',
    error_code: 'unexpected-error',
  });
  expect(late).toMatchObject({ outcome: 'given-up', errorCode: 'retries-exhausted' });
});
