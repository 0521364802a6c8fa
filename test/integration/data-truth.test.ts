import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../shared/storage/database.ts';
import { createFreshDatabase, type FreshDatabase } from '../support/database.ts';
import { ingest } from '../support/smt-ingest.ts';
import {
  currentIntervals,
  expectedCounts,
  type GeneratedFile,
  generatedFiles,
} from '../support/smt-truth.ts';

/** A fixed seed, and a fresh one that is printed; SMT_SEED repeats it. */
const freshSeed = Number(process.env.SMT_SEED ?? Math.floor(Math.random() * 2 ** 31));
const seeds = [20_221_106, freshSeed];
const runsPerSeed = Number(process.env.SMT_RUNS ?? 16);

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await createFreshDatabase();
  database = fresh.open({ maxConnections: 8 });
  console.info(`data-truth: SMT_SEED=${freshSeed}`);
});
afterAll(() => fresh.drop());

async function storedIntervals(files: readonly GeneratedFile[]): Promise<string[]> {
  const esiids = [...new Set(files.flatMap(({ written }) => written.map(({ esiid }) => esiid)))];
  if (esiids.length === 0) return [];
  const rows = await database.kysely
    .selectFrom('smt_intervals')
    .select(['esiid', 'channel', 'ts', 'kwh', 'estimated', 'revised_at'])
    .where('esiid', 'in', esiids)
    .execute();
  return rows
    .map(({ esiid, channel, ts, kwh, estimated, revised_at }) =>
      [esiid, channel, ts.toISOString(), kwh, estimated ? 'E' : 'A', revised_at.toISOString()].join(' '),
    )
    .sort();
}

/** Loads the files one after the other, and checks each one's row counts. */
async function loadInTurn(files: readonly GeneratedFile[]): Promise<void> {
  for (const file of files) {
    const ingested = await ingest(database, file);
    if (ingested) {
      expect(ingested.report.status, file.name).toBe(file.written.length > 0 ? 'normalized' : 'failed');
      expect(ingested.loaded.counts, file.name).toMatchObject({
        ...expectedCounts(file),
        invalidEsiid: 0,
        invalidTimestamp: 0,
        invalidKwh: 0,
        invalidRow: 0,
      });
    }
  }
}

test.each(seeds)(
  'However readings come, the intervals are the newest of each slot (seed %i)',
  async (seed) => {
    const property = fc.asyncProperty(generatedFiles, async (files) => {
      await loadInTurn(files);
      expect(await storedIntervals(files)).toEqual(currentIntervals(files));

      await loadInTurn(files.toReversed());
      expect(await storedIntervals(files)).toEqual(currentIntervals(files));
    });

    await fc.assert(property, { seed, numRuns: runsPerSeed, endOnFailure: true });
  },
  120_000,
);

test.each(seeds)(
  'Four workers at once on the same ESIIDs lose nothing and do not deadlock (seed %i)',
  async (seed) => {
    const property = fc.asyncProperty(generatedFiles, async (files) => {
      const workers = [0, 1, 2, 3].map(async (worker) => {
        const rotated = [...files.slice(worker % files.length), ...files.slice(0, worker % files.length)];
        await loadInTurn(worker % 2 === 0 ? rotated : rotated.reverse());
      });
      await Promise.all(workers);

      expect(await storedIntervals(files)).toEqual(currentIntervals(files));
    });

    await fc.assert(property, { seed: seed + 1, numRuns: runsPerSeed / 4, endOnFailure: true });
  },
  120_000,
);
