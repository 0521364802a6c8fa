import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { type Announcement, announce, announceOutcome } from '../../shared/raw-files/announce.ts';
import { normalizeRawFile } from '../../shared/raw-files/normalize-raw-file.ts';
import type { ObjectStore } from '../../shared/raw-files/object-store.ts';
import type { Database } from '../../shared/storage/database.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { replayRawFiles } from '../../shared/storage/raw-files/replay-raw-files.ts';
import { freshDatabase } from '../support/database.ts';
import { esiidA, esiidB, newRawFile } from '../support/rows.ts';

const header =
  'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION';

function rowOf(esiid: string, startTime: string, endTime: string): string {
  return `'${esiid},03/01/2025,03/02/2025 06:18:33,${startTime},${endTime},.145,A,Consumption`;
}

/** After the revision stamp of the rows: a file cannot hold a later one. */
const receivedAt = new Date('2025-03-02T18:00:00Z');

/** A store whose every object is this text. */
function storeOf(text: string): ObjectStore {
  const unused = () => Promise.reject(new Error('not asked for when normalizing'));
  const source = { sizeBytes: text.length, stream: () => Readable.from([Buffer.from(text)]) };
  return { metadata: unused, sha256: unused, source: () => source };
}

async function normalize(database: Database, id: string, text: string) {
  const request = { rawFileId: id, bucket: 'raw', leaseMs: 60_000, workerId: 'test' };
  return normalizeRawFile({ database, objects: storeOf(text) }, request);
}

test('What an attempt announces of itself matches the database', async () => {
  const database = await freshDatabase();
  const text = [header, rowOf(esiidA, '00:00', '00:15'), rowOf(esiidB, '13:45', '14:00')].join('\n');
  const { id } = await registerRawFile(database, newRawFile({ filename: 'day.csv', receivedAt }));
  const published: Announcement[] = [];
  const publish = async (announcement: Announcement) => void published.push(announcement);

  await announceOutcome(database, publish, id, await normalize(database, id, text));
  await database.kysely.updateTable('raw_files').set({ announced_at: null }).execute();
  await announce(database, publish, id);

  expect(published).toHaveLength(2);
  expect(published[0]).toMatchObject({ id, filename: 'day.csv', esiidCount: 2, intervalsInserted: 2 });
  expect(published[0]).toEqual(published[1]);
});

test('A file whose announcement was interrupted is announced when its message is redelivered, a failed one never', async () => {
  const database = await freshDatabase();
  const text = [header, rowOf(esiidA, '00:00', '00:15')].join('\n');
  const { id } = await registerRawFile(database, newRawFile({ receivedAt }));
  const { id: failedId } = await registerRawFile(database, newRawFile({ receivedAt }));
  const published: string[] = [];
  const publish = async (announcement: Announcement) => void published.push(announcement.id);
  await normalize(database, id, text);

  await announceOutcome(database, publish, id, await normalize(database, id, text));
  await announceOutcome(database, publish, failedId, await normalize(database, failedId, 'no header'));
  await announceOutcome(database, publish, id, await normalize(database, id, text));

  expect(published).toEqual([id]);
});

test('A replayed file is announced again, with what its last attempt changed', async () => {
  const database = await freshDatabase();
  const text = [header, rowOf(esiidA, '00:00', '00:15')].join('\n');
  const { id } = await registerRawFile(database, newRawFile({ receivedAt }));
  const changes: number[] = [];
  const publish = async (announcement: Announcement) => void changes.push(announcement.blocksChanged);
  await announceOutcome(database, publish, id, await normalize(database, id, text));

  await replayRawFiles(database, { bucket: 'raw', ids: [id], limit: 1, dryRun: false });
  await announceOutcome(database, publish, id, await normalize(database, id, text));

  expect(changes).toEqual([1, 0]);
});
