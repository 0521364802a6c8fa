import { expect, test } from 'vitest';
import { getRawFile } from '../../shared/storage/raw-files/get-raw-file.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { releaseRawFile } from '../../shared/storage/raw-files/release-raw-file.ts';
import { replayRawFiles } from '../../shared/storage/raw-files/replay-raw-files.ts';
import { restoreRawFile } from '../../shared/storage/raw-files/restore-raw-file.ts';
import { recordUploadRequest } from '../../shared/storage/upload-requests/record-upload-request.ts';
import { freshDatabase } from '../support/database.ts';
import { claim, loadFile, newBlock, newMember, newRawFile, transientRelease } from '../support/rows.ts';

/** What Postgres cannot store, in a text that is longer than anything has to be. */
const hostile = `a\0b\ud800c${'x'.repeat(100_000)}`;

test('Metadata of an object that cannot be stored as they are cost the file nothing', async () => {
  const database = await freshDatabase();

  const { id } = await registerRawFile(database, newRawFile({ filename: 'a\0.csv', contentType: hostile }));

  const file = await getRawFile(database, id);
  expect(file?.filename).toBe('a\ufffd.csv');
  expect(file?.content_type).toMatch(/^a\ufffdb\ufffdcx{195}…$/);
});

test('The message of an error is kept in a length that can be listed, whatever is in it', async () => {
  const database = await freshDatabase();
  const { id } = await registerRawFile(database, newRawFile());
  const { leaseToken } = await claim(database, id);

  await releaseRawFile(database, {
    ...transientRelease,
    id,
    leaseToken,
    errorCode: 'x',
    errorMessage: hostile,
  });

  expect((await getRawFile(database, id))?.error_message).toMatch(/^a\ufffdb\ufffdcx{995}…$/);
});

test('So is that of a replay that failed', async () => {
  const database = await freshDatabase();
  const { id } = await loadFile(database, [newBlock()]);
  await replayRawFiles(database, { bucket: 'raw', ids: [id], limit: 1, dryRun: false });
  const { leaseToken } = await claim(database, id);

  await restoreRawFile(database, { id, leaseToken, errorCode: 'x', errorMessage: hostile });

  expect(await getRawFile(database, id)).toMatchObject({ status: 'normalized' });
  expect((await getRawFile(database, id))?.error_message).toHaveLength(1_001);
});

test.each([
  ['one block', 1],
  ['many blocks, which are copied', 900],
])(
  'The names of meter and members, messages and rows of a file with %s are stored and bounded',
  async (_, days) => {
    const database = await freshDatabase();
    const blocks = Array.from({ length: days }, (_, index) =>
      newBlock({ meter: hostile, kwh: [...Array(95).fill(null), String(index)] }),
    );

    const { id } = await loadFile(database, blocks, {
      result: {
        errorMessage: hostile,
        members: [newMember({ name: hostile, errorMessage: hostile })],
        rejectedRows: [{ member: hostile, lineNumber: 1, reason: 'invalid-row', text: hostile }],
      },
    });

    const { rows } = await database.pool.query(
      'select distinct length(meter) as length from interval_blocks',
    );
    expect(rows).toEqual([{ length: 101 }]);
    expect(JSON.stringify(await getRawFile(database, id)).length).toBeLessThan(15_000);
  },
);

test('A granted upload is recorded whatever its name', async () => {
  const database = await freshDatabase();

  await recordUploadRequest(database, {
    ...{
      objectKey: 'uploads/x/y.csv',
      filename: 'a\0\ud800.csv',
      sizeBytes: 1,
      sha256: 'ab'.repeat(32),
      source: 'x',
    },
    ...{ esiid: null, contentType: 'text/csv', clientReceivedAt: null, expiresAt: new Date() },
  });

  const { rows } = await database.pool.query('select filename from upload_requests');
  expect(rows).toEqual([{ filename: 'a\ufffd\ufffd.csv' }]);
});
