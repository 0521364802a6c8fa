import { randomUUID } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { bufferSource } from '../../shared/archive/byte-source.ts';
import { ForeignBucketError } from '../../shared/raw-files/foreign-bucket-error.ts';
import {
  FileBusyError,
  type NormalizeDependencies,
  normalizeRawFile,
} from '../../shared/raw-files/normalize-raw-file.ts';
import { ObjectDeletedError, type ObjectStore } from '../../shared/raw-files/object-store.ts';
import type { Database } from '../../shared/storage/database.ts';
import { claimRawFile } from '../../shared/storage/raw-files/claim-raw-file.ts';
import { getRawFile } from '../../shared/storage/raw-files/get-raw-file.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { replayRawFiles } from '../../shared/storage/raw-files/replay-raw-files.ts';
import { withdrawRawFile } from '../../shared/storage/removals/withdraw-raw-file.ts';
import { freshDatabase } from '../support/database.ts';
import { newRawFile } from '../support/rows.ts';
import { writeZip } from '../support/smt-zip.ts';

const header =
  'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION';
const row = "'10443720000000001,01/15/2025,01/16/2025 06:00:00,00:00,00:15,.145,A,Consumption";

/** Objects as normalize reads them: a stream, which may fail. */
function objectsOf(stream: () => Readable): ObjectStore {
  const notAsked = () => Promise.reject(new Error('normalize asks for nothing but the bytes'));
  return { metadata: notAsked, sha256: notAsked, source: (_, sizeBytes) => ({ sizeBytes, stream }) };
}

async function register(database: Database): Promise<string> {
  const { id } = await registerRawFile(database, newRawFile());
  return id;
}

function normalize(deps: NormalizeDependencies, rawFileId: string) {
  return normalizeRawFile(deps, { rawFileId, bucket: 'raw', leaseMs: 60_000, workerId: randomUUID() });
}

// biome-ignore lint/correctness/useYield: a stream that breaks at once
async function* breaking(error: Error): AsyncGenerator<Buffer> {
  throw error;
}

function lastAttempt({ kysely }: Database, id: string) {
  return kysely
    .selectFrom('normalize_attempts')
    .select(['attempt', 'outcome', 'error_code'])
    .where('raw_file_id', '=', id)
    .orderBy('attempt', 'desc')
    .executeTakeFirst();
}

describe('a raw file', () => {
  test('ends normalized, with its intervals and row counts', async () => {
    const database = await freshDatabase();
    const id = await register(database);

    await normalize(
      { database, objects: objectsOf(() => Readable.from([Buffer.from(`${header}\n${row}\nrubbish\n`)])) },
      id,
    );

    expect(await getRawFile(database, id)).toMatchObject({
      status: 'normalized',
      rows_read: 2,
      intervals_read: 1,
      invalid_row: 1,
      intervals_inserted: 1,
      esiid_count: 1,
    });
  });

  test('whose object is deleted ends failed and says so', async () => {
    const database = await freshDatabase();
    const id = await register(database);
    const deleted = new ObjectDeletedError({ bucket: 'raw', objectKey: 'a.csv', versionId: 'v1' });

    await normalize({ database, objects: objectsOf(() => Readable.from(breaking(deleted))) }, id);

    expect(await getRawFile(database, id)).toMatchObject({ status: 'failed', error_code: 'object-deleted' });
  });

  test('whose object is deleted while it is read ends failed, and nothing read before is loaded', async () => {
    const database = await freshDatabase();
    const blankLines = `${' '.repeat(8_000)}\n`.repeat(600); // more than is read ahead
    const members = ['1', '2', '3'].map((day) => ({
      name: `day-${day}.csv`,
      bytes: Buffer.from(`${header}\n${row.replace('01/15', `01/1${day}`)}\n${blankLines}`),
      isStored: true,
    }));
    const archive = bufferSource(writeZip(members).bytes);
    const deleted = new ObjectDeletedError({ bucket: 'raw', objectKey: 'a.zip', versionId: 'v1' });
    let reads = 0;
    for (let readsLeft = 1; ; readsLeft++) {
      const { id } = await registerRawFile(database, newRawFile({ sizeBytes: archive.sizeBytes }));
      reads = 0;
      const stream = (startByte: number, endByte: number) =>
        ++reads > readsLeft ? Readable.from(breaking(deleted)) : archive.stream(startByte, endByte);
      const objects = { ...objectsOf(() => Readable.from([])), source: () => ({ ...archive, stream }) };

      await normalize({ database, objects }, id);

      const { status, error_code } = (await getRawFile(database, id)) ?? {};
      if (reads <= readsLeft) {
        expect(status).toBe('normalized');
        break;
      }
      expect({ status, error_code }).toEqual({ status: 'failed', error_code: 'object-deleted' });
      expect(await database.kysely.selectFrom('interval_blocks').selectAll().execute()).toEqual([]);
    }
    expect(reads).toBeGreaterThan(3);
  });

  test('whose stream stalls is registered again, with the reason, and nothing of it is loaded', async () => {
    const database = await freshDatabase();
    const id = await register(database);
    const cut = async function* () {
      yield Buffer.from(`${header}\n${row}\n`);
      throw Object.assign(new Error('the connection was cut'), { code: 'ECONNRESET' });
    };

    await expect(normalize({ database, objects: objectsOf(() => Readable.from(cut())) }, id)).rejects.toThrow(
      'cut',
    );

    expect(await getRawFile(database, id)).toMatchObject({
      status: 'registered',
      attempts: 1,
      error_code: 'ECONNRESET',
    });
    expect(await database.kysely.selectFrom('interval_blocks').selectAll().execute()).toEqual([]);
  });

  test('whose content the database rejects ends failed at once', async () => {
    const database = await freshDatabase();
    const id = await register(database);
    await database.pool.query(`alter table interval_blocks add check (esiid <> '10443720000000001')`);

    await normalize(
      { database, objects: objectsOf(() => Readable.from([Buffer.from(`${header}\n${row}\n`)])) },
      id,
    );

    expect(await getRawFile(database, id)).toMatchObject({
      status: 'failed',
      error_code: 'database-rejected',
      error_message: expect.stringContaining('23514'),
    });
  });
});

test('A message of a file of another bucket is rejected, and its file left alone', async () => {
  const database = await freshDatabase();
  const { id } = await registerRawFile(database, newRawFile({ bucket: 'elsewhere' }));

  const foreign = normalize({ database, objects: objectsOf(() => Readable.from([])) }, id);

  await expect(foreign).rejects.toThrow(ForeignBucketError);
  expect(await getRawFile(database, id)).toMatchObject({ status: 'registered', attempts: 0 });
});

describe('a raw file with a worker', () => {
  test('that another worker has claimed is left to it', async () => {
    const database = await freshDatabase();
    const id = await register(database);
    await claimRawFile(database, {
      id,
      bucket: 'raw',
      leaseMs: 60_000,
      maxLostAttempts: 3,
      workerId: 'first',
    });

    const second = normalize({ database, objects: objectsOf(() => Readable.from([])) }, id);

    await expect(second).rejects.toThrow(FileBusyError);
    expect(await getRawFile(database, id)).toMatchObject({ status: 'normalizing', attempts: 1 });
  });

  test('that takes longer than three invocations is given up with that reason', async () => {
    const database = await freshDatabase();
    const rawFileId = await register(database);
    const endless = Array.from({ length: 3 }, () => new PassThrough());
    const leaseMs = 200;
    const cutOff = [];
    for (const [attempt, stream] of endless.entries()) {
      const objects = objectsOf(() => stream);
      const request = { rawFileId, bucket: 'raw', leaseMs, workerId: `worker ${attempt}` };
      cutOff.push(normalizeRawFile({ database, objects }, request).catch((error: Error) => error.name));
      await expect
        .poll(() => lastAttempt(database, rawFileId))
        .toEqual({ attempt: attempt + 1, outcome: null, error_code: 'timed-out' });
      await sleep(leaseMs); // on Lambda it would be killed by now
    }

    const outcome = await normalize({ database, objects: objectsOf(() => new PassThrough()) }, rawFileId);

    expect(outcome).toMatchObject({ kind: 'given-up', errorCode: 'timed-out' });
    expect(await getRawFile(database, rawFileId)).toMatchObject({
      status: 'failed',
      error_code: 'timed-out',
      error_message: expect.stringMatching(/^3 attempts in a row were lost, the last at the timeout/),
    });
    for (const stream of endless) stream.destroy(new Error('cut off'));
    await Promise.all(cutOff);
    expect(await getRawFile(database, rawFileId)).toMatchObject({ status: 'failed' });
  });

  test('that was finished before is not touched again', async () => {
    const database = await freshDatabase();
    const id = await register(database);
    const objects = objectsOf(() => Readable.from([Buffer.from(`${header}\n${row}\n`)]));
    await normalize({ database, objects }, id);
    const before = await getRawFile(database, id);

    const outcome = await normalize({ database, objects }, id);

    expect(outcome).toEqual({ kind: 'skipped', why: 'already normalized' });
    expect(await getRawFile(database, id)).toEqual(before);
  });
});

describe('a replayed raw file', () => {
  const content = () => Readable.from([Buffer.from(`${header}\n${row}\n`)]);
  const deleted = () =>
    Readable.from(breaking(new ObjectDeletedError({ bucket: 'raw', objectKey: 'a.csv', versionId: 'v1' })));

  async function replay(database: Database, id: string, stream: () => Readable) {
    await replayRawFiles(database, { bucket: 'raw', ids: [id], limit: 1, dryRun: false });
    const outcome = await normalize({ database, objects: objectsOf(stream) }, id);
    return { outcome, file: await getRawFile(database, id) };
  }

  test('whose object has expired since it was normalized stays normalized, with its counts, and says why', async () => {
    const database = await freshDatabase();
    const id = await register(database);
    await normalize({ database, objects: objectsOf(content) }, id);

    const { outcome, file } = await replay(database, id, deleted);

    expect(outcome).toMatchObject({ kind: 'kept', status: 'normalized', errorCode: 'object-deleted' });
    expect(file).toMatchObject({
      status: 'normalized',
      rows_read: 1,
      intervals_inserted: 1,
      error_code: 'object-deleted',
    });
    expect(await lastAttempt(database, id)).toMatchObject({
      outcome: 'failed',
      error_code: 'object-deleted',
    });
    expect((await replay(database, id, content)).file).toMatchObject({
      status: 'normalized',
      error_code: null,
    });
  });

  test('that was normalized and is now rejected stays normalized', async () => {
    const database = await freshDatabase();
    const id = await register(database);
    await normalize({ database, objects: objectsOf(content) }, id);

    const { file } = await replay(database, id, () => Readable.from([Buffer.from('rubbish\n')]));

    expect(file).toMatchObject({
      status: 'normalized',
      rows_read: 1,
      error_code: expect.stringContaining('header'),
    });
  });

  test('whose object has expired is the duplicate it was, while its original is there', async () => {
    const database = await freshDatabase();
    const sha256 = 'ab'.repeat(32);
    const { id: original } = await registerRawFile(database, newRawFile({ sha256 }));
    await normalize({ database, objects: objectsOf(content) }, original);
    const { id } = await registerRawFile(database, newRawFile({ sha256 }));

    const { file } = await replay(database, id, deleted);
    expect(file).toMatchObject({ status: 'duplicate', duplicate_of: original });

    await withdrawRawFile(database, id, { requestedBy: 'a test', reason: 'a test' });
    expect((await replay(database, id, deleted)).file).toMatchObject({ status: 'withdrawn' });
  });

  test('that fails for an unknown reason is given up after three attempts', async () => {
    const database = await freshDatabase();
    const id = await register(database);
    const broken = () => Readable.from(breaking(new RangeError('Set maximum size exceeded')));
    const attempt = () => normalize({ database, objects: objectsOf(broken) }, id);

    await expect(attempt()).rejects.toThrow(RangeError);
    await expect(attempt()).rejects.toThrow(RangeError);

    expect(await attempt()).toMatchObject({ kind: 'given-up', errorCode: 'unexpected-error' });
    expect(await getRawFile(database, id)).toMatchObject({
      status: 'failed',
      error_message: expect.stringContaining('Set maximum'),
    });
  });
});
