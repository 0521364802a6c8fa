import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../shared/storage/database.ts';
import { createFreshDatabase, type FreshDatabase } from '../support/database.ts';
import { ingest } from '../support/smt-ingest.ts';
import { generatedFiles } from '../support/smt-truth.ts';
import { zip } from '../support/smt-zip.ts';

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await createFreshDatabase();
  database = fresh.open();
});
afterAll(() => fresh.drop());

const header =
  'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION';
const receivedAt = new Date('2025-07-01T12:00:00Z');
const slotLabels = Array.from(
  { length: 96 },
  (_, slot) => [labelOf(slot), labelOf((slot + 1) % 96)] as const,
);

function labelOf(slot: number): string {
  return `${String(Math.floor(slot / 4)).padStart(2, '0')}:${String((slot % 4) * 15).padStart(2, '0')}`;
}

/** A row of a day of a meter; values repeat after 7 and 11, so that no two meters' days are alike. */
function rowOf(meter: number, slot: number): string {
  const [start, end] = slotLabels[slot] ?? [];
  const kwh = `0.${100 + ((meter * 7 + slot * 11) % 900)}`;
  const flag = (meter + slot) % 50 === 0 ? 'E' : 'A';
  return `10443720${String(meter).padStart(9, '0')},06/15/2025,06/16/2025 06:18:33,${start},${end},${kwh},${flag},Consumption`;
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** What is stored, without what differs between two loads of the same file; and empties the tables. */
async function takeStored(): Promise<unknown[]> {
  const { rows } = await sql`
    select esiid, channel, usage_date, revised_at, content, meter, wh, kwh, estimated
    from interval_blocks order by esiid, channel, usage_date, revised_at, content`.execute(database.kysely);
  await sql`truncate raw_files, interval_blocks, raw_file_meters, repeated_content cascade`.execute(
    database.kysely,
  );
  return rows;
}

test('Six hours of 3,000 meters ordered by time are stored in as many blocks, the same as ordered by meter', async () => {
  const meters = numbers(3_000);
  const byTime = numbers(24).flatMap((slot) => meters.map((meter) => rowOf(meter, slot)));
  const byMeter = meters.flatMap((meter) => numbers(24).map((slot) => rowOf(meter, slot)));
  const ingestRows = (rows: readonly string[]) =>
    ingest(database, { receivedAt, bytes: Buffer.from(`${[header, ...rows].join('\n')}\n`) });

  const ordered = await ingestRows(byMeter);
  const storedByMeter = await takeStored();
  const scattered = await ingestRows(byTime);
  const storedByTime = await takeStored();

  expect(storedByMeter).toHaveLength(3_000);
  expect(storedByTime).toEqual(storedByMeter);
  expect(scattered?.report.recountMembers).toEqual([0]); // it was split
  const counts = { blocksInserted: 3_000, blocksUnchanged: 0, intervalsInserted: 72_000 };
  expect(ordered?.loaded).toMatchObject(counts);
  expect(scattered?.loaded).toMatchObject(counts);
  expect(scattered?.loaded.counts).toEqual(ordered?.loaded.counts);
}, 300_000);

test('An archive with a member for each hour is stored as one block for each day', async () => {
  const hours = numbers(24).map((hour) => [
    `${hour}.csv`,
    [header, ...numbers(4).map((quarter) => rowOf(1, 4 * hour + quarter))].join('\n'),
  ]);

  const ingested = await ingest(database, {
    receivedAt,
    bytes: zip(Object.fromEntries(hours)),
    filename: 'hours.zip',
  });
  const stored = await takeStored();
  await ingest(database, {
    receivedAt,
    bytes: Buffer.from([header, ...numbers(96).map((slot) => rowOf(1, slot))].join('\n')),
  });

  expect(ingested?.loaded).toMatchObject({ blocksInserted: 1, blocksUnchanged: 0, intervalsInserted: 96 });
  expect(stored).toEqual(await takeStored());
});

test('However few blocks a reader holds at once, the same blocks are stored', async () => {
  const property = fc.asyncProperty(
    generatedFiles,
    fc.integer({ min: 1, max: 3 }),
    async (files, maxOpenBlocks) => {
      for (const file of files) await ingest(database, { ...file, maxOpenBlocks: 5_000 });
      const whole = await takeStored();
      for (const file of files) await ingest(database, { ...file, maxOpenBlocks });
      expect(await takeStored()).toEqual(whole);
    },
  );

  await fc.assert(property, { seed: 20_250_615, numRuns: 12, endOnFailure: true });
}, 120_000);
