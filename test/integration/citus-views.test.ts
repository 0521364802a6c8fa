import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Channel } from '../../shared/intervals/block.ts';
import { dailyRead } from '../../shared/reads/daily-read.ts';
import { monthlyRead } from '../../shared/reads/monthly-read.ts';
import { viewsFor } from '../../shared/storage/schema/migrations/0001-baseline/baseline.ts';
import { freshDatabase } from '../support/database.ts';
import { esiidA, esiidB, loadFile, newBlock } from '../support/rows.ts';

const views = [
  ...[
    '"SmtInterval"',
    'smt_intervals',
    'smt_blocks',
    'smt_interval_days',
    'smt_days',
    'smt_latest',
    'smt_daily_reads',
  ],
  ...['smt_monthly_reads', 'smt_register_breaks', 'smt_day_audit', 'smt_month_audit'],
];

/** A fortnight with a clock change in it. */
const dates = Array.from({ length: 14 }, (_, day) =>
  new Date(Date.UTC(2025, 2, 3 + day)).toISOString().slice(0, 10),
);
const slotsOf = (date: string) => (date === '2025-03-09' ? 92 : 96);

const meter = {
  esiid: fc.constantFrom(esiidA, esiidB),
  channel: fc.constantFrom<Channel>('consumption', 'generation'),
  revisedAt: fc.constantFrom('2025-04-01T06:00:00Z', '2025-04-02T06:00:00Z'),
};

/** Whole days mostly, so that sums agree; some with gaps, estimates, or values that are no whole Wh. */
const anyBlock = fc
  .record({
    ...meter,
    usageDate: fc.constantFrom(...dates),
    value: fc.constantFrom('0.25', '0.25', '0.5', '0.00001', '40'),
    held: fc.constantFrom(100, 100, 100, 3),
    isEstimated: fc.boolean(),
  })
  .map(({ value, held, isEstimated, ...key }) => {
    const slots = slotsOf(key.usageDate);
    const kwh = Array.from({ length: slots }, (_, slot) => (slot < held ? value : null));
    return newBlock({ ...key, kwh, estimated: isEstimated ? '1'.repeat(slots) : null });
  });

const register = fc.constantFrom('0', '24', '48', '72', '99990', '14', null);
const anyDailyRead = fc
  .record({
    ...meter,
    usageDate: fc.constantFrom(...dates),
    startReading: register,
    endReading: register,
    kwh: fc.constantFrom('24', '23', '48'),
  })
  .map(dailyRead);
const anyMonthlyRead = fc
  .record({
    ...meter,
    startDate: fc.constantFrom('2025-03-03', '2025-03-05'),
    endDate: fc.constantFrom('2025-03-06', '2025-03-10'),
    kwh: fc.constantFrom('72', '24', '119.5'),
  })
  .map((values) =>
    monthlyRead({ ...values, meteredKw: null, meteredKva: null, billedKw: null, billedKva: null }),
  );

test('The views for Citus return what those for one server do', async () => {
  const database = await freshDatabase();
  const client = await database.connect();
  try {
    await client.query('create schema citus; set search_path = citus, public');
    for (const statement of viewsFor('citus')) await client.query(statement);
    const rowsOf = async (view: string) =>
      (await client.query(`select * from ${view} result order by result`)).rows;

    await fc.assert(
      fc.asyncProperty(
        fc.array(anyBlock, { maxLength: 40 }),
        fc.array(anyDailyRead, { maxLength: 40 }),
        fc.array(anyMonthlyRead, { maxLength: 4 }),
        async (blocks, daily, monthly) => {
          await client.query('truncate interval_blocks, daily_reads, monthly_reads, raw_file_meters');
          await loadFile(database, blocks, { reads: [...daily, ...monthly] });

          for (const view of views) {
            expect(await rowsOf(`citus.${view}`), view).toEqual(await rowsOf(`public.${view}`));
          }
          const asOf = (schema: string) =>
            client.query(`select * from ${schema}.smt_intervals_as_of(now()) interval order by interval`);
          expect((await asOf('citus')).rows).toEqual((await asOf('public')).rows);
        },
      ),
      { numRuns: 25 },
    );
  } finally {
    client.release(true);
  }
}, 60_000);
