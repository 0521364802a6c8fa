import { gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import {
  allDialects,
  type Dialect,
  endsByOwnDate,
  excelTabs,
  portal2022,
  writeFile,
} from '../support/smt-dialects.ts';
import { ingest, type StoredFile } from '../support/smt-ingest.ts';
import type { Reading } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, readBytes } from '../support/smt-read.ts';
import { generatedYear, yearOfFile } from '../support/smt-year.ts';
import { zip } from '../support/smt-zip.ts';

/** A year of one meter; SMT_REAL_FILE names a real file to take it from instead. */
const realFile = process.env.SMT_REAL_FILE;
const year = realFile ? yearOfFile(realFile) : generatedYear();
const esiid = year[0]?.esiid ?? '';
const totalMilliKwh = year.reduce((sum, { milliKwh }) => sum + (milliKwh ?? 0), 0);
const totalKwh = (totalMilliKwh / 1000).toFixed(5);

/** The ways a file may come, one after the other over the dialects. */
const containers: readonly ((text: Buffer) => Buffer)[] = [
  (bytes) => bytes,
  (bytes) => gzipSync(bytes),
  (bytes) => zip({ 'IntervalData.CSV': bytes }),
  (bytes) => Buffer.concat([gzipSync(bytes.subarray(0, 100_000)), gzipSync(bytes.subarray(100_000))]),
  (bytes) => zip({ 'reports/addresses.csv': 'ESIID,METER_NUMBER,CITY\n', 'a/b/c.csv.gz': gzipSync(bytes) }),
  (bytes) => zip({ 'inner.zip': zip({ 'IntervalData.CSV': bytes }) }),
];

function savedAgain(dialect: Dialect, readings: readonly Reading[], place: number): StoredFile {
  const text = writeFile(dialect, readings);
  const bytes = dialect === excelTabs ? Buffer.from(`\uFEFF${text}`, 'utf16le') : Buffer.from(text);
  const pack = containers[place % containers.length] ?? ((same: Buffer) => same);
  return {
    bytes: pack(bytes),
    filename: `${dialect.name}.csv`,
    esiidHint: dialect.hasEsiid ? null : esiid,
    receivedAt: new Date(Date.UTC(2040, 0, 1 + place)),
  };
}

describe('A year, saved again', () => {
  test.each(
    [...allDialects, endsByOwnDate].map((dialect, place) => ({ dialect, name: dialect.name, place })),
  )('as $name gives the same intervals', async ({ dialect, place }) => {
    const { bytes, esiidHint } = savedAgain(dialect, year, place);

    const { report, blocks } = await readBytes(bytes, { esiidHint: esiidHint ?? null });

    expect(report).toMatchObject({ status: 'normalized', counts: { intervalsRead: year.length } });
    const expected = dialect.hasFlag ? year : year.map((reading) => ({ ...reading, estimated: false }));
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(expected));
  });
});

test('In any mixture of dialects and containers, in any order and twice, it is the same year in the database', async () => {
  const database = await freshDatabase();
  const months = [...Map.groupBy(year, ({ date }) => date.slice(0, 7)).values()];
  const files = [
    ...months.map((month, place) =>
      savedAgain(allDialects[place % allDialects.length] ?? portal2022, month, place),
    ),
    ...months.map((month, place) =>
      savedAgain(allDialects[(place * 5 + 9) % allDialects.length] ?? portal2022, month, place + 3),
    ),
    savedAgain(excelTabs, year, 4),
  ];
  const shuffled = files
    .map((_, i) => files[(i * 7 + 3) % files.length])
    .filter((file) => file !== undefined);
  expect(new Set(shuffled).size).toBe(files.length);

  for (const file of [...shuffled, ...shuffled.toReversed()]) await ingest(database, file);

  const { rows } = await sql<Record<'intervals' | 'kwh' | 'autumn' | 'spring', string>>`
    select count(*) as intervals, sum(kwh) as kwh,
      count(distinct ts) filter (where usage_date = '2022-11-06') as autumn,
      count(distinct ts) filter (where usage_date = '2022-03-13') as spring
    from smt_intervals where esiid = ${esiid}`.execute(database.kysely);
  expect(rows).toEqual([{ intervals: String(year.length), kwh: totalKwh, autumn: '100', spring: '92' }]);
});
