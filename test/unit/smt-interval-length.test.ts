import { describe, expect, test } from 'vitest';
import {
  fileOfLines,
  isoInstants,
  portal2022,
  trueEnds,
  writeFile,
  zoneSuffixes,
} from '../support/smt-dialects.ts';
import { dates, esiid, meterDay, otherEsiid, type Reading } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, nonZero, readBytes } from '../support/smt-read.ts';
import { zip } from '../support/smt-zip.ts';

const hint = { esiidHint: esiid };
const two = (value: number): string => String(value).padStart(2, '0');
const hours = Array.from({ length: 24 }, (_, hour) => two(hour));
const daysOfMarch = Array.from({ length: 31 }, (_, i) => `2022-03-${two(i + 1)}`);

/** Those of a day's readings whose slot is wanted. */
function some(date: string, isWanted: (slot: number) => boolean, meter = esiid): Reading[] {
  return meterDay({ date, esiid: meter }).filter((_, slot) => isWanted(slot));
}

const isHourly = (slot: number): boolean => slot % 4 === 0;

describe('Hourly and daily values are no 15-minute intervals', () => {
  test.each([
    ['a day of hours', 'timestamp,kwh', hours.map((hour) => `2022-03-01T${hour}:00:00,1`)],
    ['eleven hours', 'timestamp,kwh', hours.slice(3, 14).map((hour) => `2022-03-01T${hour}:00:00,1`)],
    [
      'hours by their ends',
      'Date,Interval End,kWh',
      [...hours.slice(1), '00'].map((hour) => `2022-03-01,${hour}:00,1`),
    ],
    [
      'half hours',
      'Date,Start Time,kWh',
      hours.flatMap((hour) => [`2022-03-01,${hour}:00,1`, `2022-03-01,${hour}:30,1`]),
    ],
    [
      'hours of the day that has 23',
      'timestamp,kwh',
      some('2022-03-13', isHourly).map((r) => `${new Date(r.startMs).toISOString()},1`),
    ],
    ['days, over a clock change', 'timestamp,kwh', daysOfMarch.map((date) => `${date} 00:00,24.1`)],
    ['days of a week', 'timestamp,kwh', daysOfMarch.slice(0, 7).map((date) => `${date}T00:00:00-06:00,24.1`)],
    [
      'every sixth hour',
      'timestamp,kwh',
      daysOfMarch
        .slice(0, 3)
        .flatMap((date) => ['00', '06', '12', '18'].map((hour) => `${date} ${hour}:00,6`)),
    ],
  ])('%s', async (_, header, lines) => {
    const { report, blocks } = await readBytes([header, ...lines].join('\n'), hint);

    expect(report).toMatchObject({ status: 'failed', errorCode: 'not-15-minute' });
    expect(report.errorMessage).toMatch(/are (?:30|60|360|1440) minutes apart/);
    expect(blocks).toEqual([]);
  });

  test.each([
    ['a meter among others', some('2022-07-21', isHourly, otherEsiid)],
    ['a day among others', some('2022-07-26', isHourly)],
  ])('Only what they are in is rejected: %s', async (_, hourly) => {
    const quarters = dates('2022-07-21', 5).flatMap((date) => meterDay({ date }));

    const { report, blocks } = await readBytes(writeFile(zoneSuffixes, [...quarters, ...hourly]));

    expect(nonZero(report.counts)).toEqual({ rowsRead: 504, intervalsRead: 480, invalidTimestamp: 24 });
    expect(report.rejectedRows[0]).toMatchObject({ reason: 'not-15-minute', lineNumber: 482 });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(quarters));
  });

  test('Rows of many days in turn, that leave before their day is whole, are known as well', async () => {
    const readings = dates('2022-07-21', 20).flatMap((date) => some(date, isHourly));
    const byHour = readings.toSorted((a, b) => a.wallMinutes - b.wallMinutes);
    const lines = byHour.flatMap((reading) => isoInstants.lines([reading]));

    const { report } = await readBytes(fileOfLines(isoInstants, lines), { ...hint, maxOpenBlocks: 2 });

    expect(report.errorCode).toBe('not-15-minute');
  });

  test('It costs the member of an archive, not its neighbours', async () => {
    const good = meterDay({ date: '2022-07-21' });
    const archive = zip({
      'hourly.csv': writeFile(zoneSuffixes, some('2022-07-21', isHourly, otherEsiid)),
      'good.csv': writeFile(zoneSuffixes, good),
    });

    const { report, blocks } = await readBytes(archive);

    expect(report.members.map(({ errorCode }) => errorCode)).toEqual(['not-15-minute', null]);
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(good));
  });
});

describe('Without an end, most readings must have one 15 minutes before or after them', () => {
  test.each([
    ['one reading', some('2022-07-21', (slot) => slot === 48)],
    ['a day with gaps', some('2022-07-21', (slot) => slot % 5 > 1)],
    [
      'midnights of a month that also has a whole day',
      [
        ...meterDay({ date: '2022-07-21' }),
        ...dates('2022-07-22', 29).flatMap((date) => some(date, (slot) => slot === 0)),
      ],
    ],
  ])('Quarter hours: %s', async (_, readings) => {
    const { report, blocks } = await readBytes(writeFile(zoneSuffixes, readings));

    expect(nonZero(report.counts)).toEqual({ rowsRead: readings.length, intervalsRead: readings.length });
    expect(report.status).toBe('normalized');
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(readings));
  });

  test.each([
    ['two, hours apart', some('2022-07-21', (slot) => slot === 4 || slot === 48)],
    ['every second of ten', some('2022-07-21', (slot) => slot % 2 === 0 && slot < 20)],
    [
      'one a day at other times',
      dates('2022-07-21', 9).flatMap((date, i) => some(date, (slot) => slot === i * 7)),
    ],
    ['a day on the hour but for one', some('2022-07-21', (slot) => isHourly(slot) || slot === 37)],
  ])('Of any length: %s', async (_, readings) => {
    const { report, blocks } = await readBytes(writeFile(zoneSuffixes, readings));

    expect(report).toMatchObject({ status: 'failed', errorCode: 'not-15-minute' });
    expect(blocks).toEqual([]);
  });

  test('A file that gives starts and ends says how long its intervals are, and is believed', async () => {
    const readings = dates('2022-07-21', 9).flatMap((date) => some(date, isHourly));

    const { report } = await readBytes(writeFile(portal2022, readings));

    expect(nonZero(report.counts)).toEqual({ rowsRead: 216, intervalsRead: 216 });
  });

  test('Whole days of ends are quarter hours', async () => {
    const { report } = await readBytes(writeFile(trueEnds, meterDay({ date: '2022-11-06' })));

    expect(nonZero(report.counts)).toEqual({ rowsRead: 100, intervalsRead: 100 });
  });
});
