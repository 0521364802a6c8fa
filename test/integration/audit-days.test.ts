import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../shared/storage/database.ts';
import { type Days, type ExpectedDay, expectedAudit, sum } from '../support/audit-oracle.ts';
import { createFreshDatabase, type FreshDatabase } from '../support/database.ts';
import { portal2025, writeFile } from '../support/smt-dialects.ts';
import { ingest } from '../support/smt-ingest.ts';
import { addDays, dates, meterDay, momentsOf } from '../support/smt-meter.ts';
import { type DailyRow, dailyCsv } from '../support/smt-reads.ts';

/** A fixed seed, and a fresh one that is printed; SMT_SEED repeats it. */
const freshSeed = Number(process.env.SMT_SEED ?? Math.floor(Math.random() * 2 ** 31));
const seeds = [20_221_106, freshSeed];
const runsPerSeed = Number(process.env.SMT_RUNS ?? 12);
const dayCount = 5;

let fresh: FreshDatabase;
let database: Database;
let meters = 0;

beforeAll(async () => {
  fresh = await createFreshDatabase();
  database = fresh.open({ maxConnections: 8 });
  console.info(`audit-days: SMT_SEED=${freshSeed}`);
});
afterAll(() => fresh.drop());

/** Each run has a meter of its own, so that one database serves all. */
function newEsiid(): string {
  meters += 1;
  return `1044372${String(meters).padStart(10, '0')}`;
}

function intervalFile(esiid: string, days: Days, revision?: string): Buffer {
  const readings = [...days].flatMap(([date, values]) =>
    meterDay({ esiid, date, milliKwh: (slot) => values[slot] ?? null, ...(revision && { revision }) }),
  );
  return Buffer.from(writeFile(portal2025, readings));
}

async function audit(esiid: string): Promise<ExpectedDay[]> {
  const { rows } = await sql<ExpectedDay>`
    select usage_date as date, status, (interval_kwh * 1000)::float8 as "intervalMilliKwh",
      (daily_kwh * 1000)::float8 as "dailyMilliKwh", intervals
    from smt_day_audit where esiid = ${esiid} order by usage_date`.execute(database.kysely);
  return rows;
}

/** Five days around a clock change, or none, with the readings a meter took. */
const truth = fc.constantFrom('2022-03-11', '2022-11-04', '2022-07-01').chain((first) =>
  fc.record({
    first: fc.constant(first),
    days: fc
      .tuple(
        ...dates(first, dayCount).map((date) =>
          fc.array(fc.integer({ min: 1, max: 3000 }), {
            minLength: momentsOf(date).length,
            maxLength: momentsOf(date).length,
          }),
        ),
      )
      .map((values) => new Map(dates(first, dayCount).map((date, index) => [date, values[index] ?? []]))),
  }),
);

/** What can go wrong between the meter and the database; `at` picks a day, `slot` a place in it. */
const faults: Readonly<Record<string, (days: Days, at: number, slot: number) => Days>> = {
  'one interval is off by 0.001': (days, at, slot) => changed(days, at, slot, (value) => value + 1),
  'one interval is lost': (days, at, slot) => changed(days, at, slot, () => null),
  'one interval counts twice': (days, at, slot) => changed(days, at, slot, (value) => value * 2),
  'two days are swapped': (days, at) => {
    const keys = [...days.keys()];
    const [one = '', other = ''] = [keys[at % (dayCount - 1)], keys[(at % (dayCount - 1)) + 1]];
    return new Map([...days, [one, fitted(days.get(other), one)], [other, fitted(days.get(one), other)]]);
  },
  'every day moves by one': (days) =>
    new Map([...days].map(([date, values]) => [addDays(date, 1), fitted(values, addDays(date, 1))])),
  'one day is lost': (days, at) => new Map([...days].filter((_, index) => index !== at)),
  'an hour slips over midnight': (days) => slipped(days, 4),
  'an hour slips back over midnight': (days) => slipped(days, -4),
  'the hour of a clock change is lost': (days) => hourOf(days, () => null),
  'the hour of a clock change is a copy of the one before': (days) =>
    hourOf(days, (values, slot) => values[slot - 4] ?? null),
};

function changed(days: Days, at: number, slot: number, change: (value: number) => number | null): Days {
  const [date = '', values = []] = [...days][at] ?? [];
  const place = slot % values.length;
  return new Map([...days, [date, values.map((value, k) => (k === place ? change(value ?? 0) : value))]]);
}

/** A day's values under the labels of another date, which may have more or fewer. */
function fitted(values: readonly (number | null)[] = [], date: string): (number | null)[] {
  return momentsOf(date).map((_, slot) => values[slot] ?? null);
}

function slipped(days: Days, by: number): Days {
  const all = [...days.values()].flat();
  let place = 0;
  return new Map(
    [...days].map(([date, values]) => [date, values.map(() => all[place++ - by] ?? null)] as const),
  );
}

function hourOf(
  days: Days,
  value: (values: readonly (number | null)[], slot: number) => number | null,
): Days {
  const [date = '', values = []] = [...days].find(([, { length }]) => length !== 96) ?? [...days][0] ?? [];
  return new Map([
    ...days,
    [date, values.map((own, slot) => (slot >= 8 && slot < 12 ? value(values, slot) : own))],
  ]);
}

function reportedBy(days: Days): Map<string, number> {
  return new Map([...days].map(([date, values]) => [date, sum(values)]));
}

function dailyRows(esiid: string, reported: ReadonlyMap<string, number>, revision?: string): DailyRow[] {
  let register = 12_475_963;
  return [...reported].map(([date, milliKwh]) => {
    const start = register;
    register += milliKwh;
    return { esiid, date, start, end: register, milliKwh, ...(revision && { revision }) };
  });
}

describe.each(Object.entries(faults))('When %s', (_, spoil) => {
  test.each(seeds)('its day is named, and no other (seed %i)', async (seed) => {
    const property = fc.asyncProperty(truth, fc.nat(dayCount - 1), fc.nat(99), async ({ days }, at, slot) => {
      const esiid = newEsiid();
      const reported = reportedBy(days);
      const stored = spoil(days, at, slot);
      await ingest(database, { bytes: dailyCsv(dailyRows(esiid, reported)) });
      await ingest(database, { bytes: intervalFile(esiid, stored) });

      expect(await audit(esiid)).toEqual(expectedAudit(stored, reported));
    });
    await fc.assert(property, { seed, numRuns: Math.ceil(runsPerSeed / 4) });
  });
});

describe('The audit', () => {
  test('agrees with every day that nothing went wrong with, the clock changes included', async () => {
    const property = fc.asyncProperty(truth, async ({ days }) => {
      const esiid = newEsiid();
      await ingest(database, { bytes: intervalFile(esiid, days) });
      await ingest(database, { bytes: dailyCsv(dailyRows(esiid, reportedBy(days))) });

      expect((await audit(esiid)).map(({ status }) => status)).toEqual(Array(dayCount).fill('agrees'));
    });
    await fc.assert(property, { seed: freshSeed, numRuns: runsPerSeed });
  });

  test('cannot see what a sum cannot: two readings of one day exchanged', async () => {
    const esiid = newEsiid();
    const [date = ''] = dates('2022-07-01', 1);
    const values = momentsOf(date).map((_, slot) => slot + 1);
    const exchanged = [values[1] ?? 0, values[0] ?? 0, ...values.slice(2)];
    await ingest(database, { bytes: intervalFile(esiid, new Map([[date, exchanged]])) });
    await ingest(database, { bytes: dailyCsv(dailyRows(esiid, new Map([[date, sum(values)]]))) });

    expect(await audit(esiid)).toMatchObject([{ status: 'agrees' }]);
  });

  test.each(seeds)(
    'is the same however the files come: in any order, twice, revised, at once (seed %i)',
    async (seed) => {
      const scenario = fc.record({
        truth,
        wrongDay: fc.nat(dayCount - 1),
        revisedDay: fc.nat(dayCount - 1),
        order: fc.shuffledSubarray([0, 1, 2, 3, 4, 0, 1, 2, 3, 4], { minLength: 10 }),
        isAtOnce: fc.boolean(),
      });
      const property = fc.asyncProperty(scenario, async ({ truth: { days }, ...plan }) => {
        const esiid = newEsiid();
        const before = faults['one interval is off by 0.001']?.(days, plan.revisedDay, 3) ?? days;
        const now = faults['one interval counts twice']?.(days, plan.wrongDay, 7) ?? days;
        const reported = reportedBy(days);
        const stale = new Map([...reported].map(([date, value]) => [date, value + 5]));
        const files = [
          intervalFile(esiid, before),
          intervalFile(esiid, now, '2023-01-01 06:00'),
          dailyCsv(dailyRows(esiid, stale, '2022-12-01 06:00')),
          dailyCsv(dailyRows(esiid, reported, '2023-01-02 06:00')),
          // Of two values under one stamp the greater one counts.
          dailyCsv(
            dailyRows(
              esiid,
              new Map([...reported].map(([date, value]) => [date, value - 1])),
              '2023-01-02 06:00',
            ),
          ),
        ];
        const load = (index: number) => ingest(database, { bytes: files[index] ?? Buffer.alloc(0) });

        if (plan.isAtOnce) await Promise.all(plan.order.map(load));
        else for (const index of plan.order) await load(index);

        expect(await audit(esiid)).toEqual(expectedAudit(now, reported));
      });
      await fc.assert(property, { seed, numRuns: Math.ceil(runsPerSeed / 2) });
    },
  );
});
