import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  FileBusyError,
  type NormalizeDependencies,
  normalizeRawFile,
} from '../../shared/raw-files/normalize-raw-file.ts';
import { ObjectGoneError, type ObjectStore } from '../../shared/raw-files/object-store.ts';
import { claimRawFile } from '../../shared/storage/claim-raw-file.ts';
import type { Database } from '../../shared/storage/database.ts';
import { getRawFile } from '../../shared/storage/read-raw-file.ts';
import { registerRawFile } from '../../shared/storage/register-raw-file.ts';
import { freshDatabase } from '../support/database.ts';
import { newRawFile } from '../support/rows.ts';

const header =
  'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION';
const row = "'10443720000000001,01/15/2025,01/16/2025 06:00:00,00:00,00:15,.145,A,Consumption";

/** Objects as far as normalize reads them: a stream, which may break. */
function objectsOf(stream: () => Readable): ObjectStore {
  const notAsked = () => Promise.reject(new Error('normalize asks for nothing but the bytes'));
  return { facts: notAsked, sha256: notAsked, source: (_, sizeBytes) => ({ sizeBytes, stream }) };
}

async function register(database: Database): Promise<string> {
  const { id } = await registerRawFile(database, newRawFile());
  return id;
}

function normalize(deps: NormalizeDependencies, rawFileId: string) {
  return normalizeRawFile(deps, { rawFileId, leaseMs: 60_000, workerId: randomUUID() });
}

describe('a raw file', () => {
  it('ends normalized, with its intervals and an account of its rows', async () => {
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
      esiids: ['10443720000000001'],
    });
  });

  it('whose object is gone ends failed and says so', async () => {
    const database = await freshDatabase();
    const id = await register(database);
    const gone = new ObjectGoneError({ bucket: 'raw', objectKey: 'a.csv', versionId: 'v1' });

    // biome-ignore lint/correctness/useYield: a stream that breaks at once
    const broken = async function* () {
      throw gone;
    };
    await normalize({ database, objects: objectsOf(() => Readable.from(broken())) }, id);

    expect(await getRawFile(database, id)).toMatchObject({ status: 'failed', error_code: 'object-gone' });
  });

  it('whose bytes stop coming is registered again, with the reason, and nothing of it is loaded', async () => {
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

  it('whose content the database refuses ends failed at once', async () => {
    const database = await freshDatabase();
    const id = await register(database);
    await database.pool.query(`alter table interval_blocks add check (esiid <> '10443720000000001')`);

    await normalize(
      { database, objects: objectsOf(() => Readable.from([Buffer.from(`${header}\n${row}\n`)])) },
      id,
    );

    expect(await getRawFile(database, id)).toMatchObject({
      status: 'failed',
      error_code: 'database-refused',
      error_message: expect.stringContaining('23514'),
    });
  });

  it('that another worker has is left to it', async () => {
    const database = await freshDatabase();
    const id = await register(database);
    await claimRawFile(database, { id, leaseMs: 60_000, maxLostAttempts: 3, workerId: 'first' });

    const second = normalize({ database, objects: objectsOf(() => Readable.from([])) }, id);

    await expect(second).rejects.toThrow(FileBusyError);
    expect(await getRawFile(database, id)).toMatchObject({ status: 'normalizing', attempts: 1 });
  });

  it('that was finished before is not touched again', async () => {
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
