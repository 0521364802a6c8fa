import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import { apiFiles } from '../support/form-api-json.ts';
import { csv2017 } from '../support/form-csv-2017.ts';
import { greenButtonFeed } from '../support/form-green-button.ts';
import { portalResponse } from '../support/form-portal-json.ts';
import { encrypted } from '../support/pgp.ts';
import { portal2022, writeFile } from '../support/smt-dialects.ts';
import { ingest, type StoredFile } from '../support/smt-ingest.ts';
import { addDays, dates, meterDay, type Reading } from '../support/smt-meter.ts';
import { zip } from '../support/smt-zip.ts';

/** The day's time that S3 gave to the files without a revision stamp. */
const receivedAt = new Date('2026-03-01T12:00:00Z');
const days = ['2025-07-01', '2025-03-09', '2025-11-02'] as const;

/** A day in both channels as each of the five forms writes it. */
function fiveForms(readings: readonly Reading[]): StoredFile[] {
  const [{ esiid } = { esiid: '' }] = readings;
  const bytes = [
    writeFile(portal2022, readings),
    csv2017(readings),
    apiFiles['pretty-printed']?.(readings) ?? '',
    portalResponse(readings),
    greenButtonFeed(readings),
  ].map((text) => Buffer.from(text));
  return bytes.map((text) => ({ bytes: text, receivedAt, esiidHint: esiid }));
}

test('One day in five forms, loaded in any order, leaves one block for each revision', async () => {
  const database = await freshDatabase();
  let meter = 0;

  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...days),
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 9 }),
      async (date, order) => {
        const esiid = String(10443720000000000n + BigInt(++meter));
        const readings = (['consumption', 'generation'] as const).flatMap((channel) =>
          meterDay({ esiid, channel, date, milliKwh: (slot) => (slot === 7 ? null : (slot * 37) % 500) }),
        );
        const files = fiveForms(readings);
        const together = zip(Object.fromEntries(files.map((file, i) => [`${i}.dat`, file.bytes])));
        const packed = [
          gzipSync(files[2]?.bytes ?? ''),
          together,
          await encrypted(files[4]?.bytes ?? together, 'binary'),
          await encrypted(together, 'armored'),
        ].map((bytes) => ({ bytes, receivedAt, esiidHint: esiid }));
        for (const index of order) {
          const ingested = await ingest(database, [...files, ...packed][index] ?? { bytes: Buffer.alloc(0) });
          expect(ingested?.report ?? { status: 'normalized' }).toMatchObject({ status: 'normalized' });
        }

        const blocks = await database.kysely
          .selectFrom('interval_blocks')
          .select(['channel', 'revised_at', 'content'])
          .where('esiid', '=', esiid)
          .orderBy('channel')
          .orderBy('revised_at')
          .execute();
        const stamp = expect.stringContaining(addDays(date, 1));
        expect(blocks.map(({ channel, revised_at }) => [channel, revised_at.toISOString()])).toEqual([
          ['consumption', stamp],
          ['consumption', receivedAt.toISOString()],
          ['generation', stamp],
          ['generation', receivedAt.toISOString()],
        ]);
        expect(blocks[0]?.content).toBe(blocks[1]?.content);
        expect(blocks[2]?.content).toBe(blocks[3]?.content);
      },
    ),
    { numRuns: 8 },
  );
});

test('Where JSON and CSV overlap, the days are stored once', async () => {
  const database = await freshDatabase();
  const readings = dates('2025-01-01', 120).map((date, day) =>
    meterDay({ date, milliKwh: (slot) => slot * day, estimated: (slot) => slot === day }),
  );
  const csv = writeFile(portal2022, readings.slice(0, 80).flat());

  const first = await ingest(database, { bytes: Buffer.from(csv), receivedAt });
  const second = await ingest(database, {
    bytes: Buffer.from(apiFiles['an array of objects']?.(readings.slice(20).flat()) ?? ''),
    receivedAt,
  });

  expect(first?.loaded.blocksInserted).toBe(80);
  expect(second?.loaded).toMatchObject({ blocksInserted: 40, blocksUnchanged: 60 });
});
