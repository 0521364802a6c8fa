import { describe, expect, test } from 'vitest';
import { clockDay } from '../../shared/intervals/clock.ts';
import {
  convertedEnds,
  fileOfLines,
  portal2022,
  trueEnds,
  writeFile,
  zoneSuffixes,
} from '../support/smt-dialects.ts';
import { dates, meterDay, momentsOf, type Reading } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, nonZero, type ReadFile, readBytes } from '../support/smt-read.ts';

const autumn = '2022-11-06';
const spring = '2022-03-13';
/** 100 readings whose value names their slot: 1 to 100 thousandths. */
const autumnDay = meterDay({ date: autumn });
const hour = { start: 4, second: 8, end: 12 };

function smtLines(readings: readonly Reading[]): string[] {
  return portal2022.lines(readings);
}

function read(lines: readonly string[]): Promise<ReadFile> {
  return readBytes(fileOfLines(portal2022, lines));
}

/** The day as a tool writes it that labels both passes through the hour alike. */
function plainLine({ wallMinutes, milliKwh }: Reading): string {
  const clock = (minutes: number): string =>
    `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return `'10443720000000001,11/06/2022,11/07/2022 06:18:00,${clock(wallMinutes)},${clock(wallMinutes + 15)},${(milliKwh ?? 0) / 1000},A,Consumption`;
}
const plainLines = autumnDay.map(plainLine);
const beforeHour = plainLines.slice(0, hour.start);
const firstPass = plainLines.slice(hour.start, hour.second);
const secondPass = plainLines.slice(hour.second, hour.end);
const afterHour = plainLines.slice(hour.end);
const outsideHour = autumnDay.filter((_, slot) => slot < hour.start || slot >= hour.end);

describe('fall back', () => {
  test('As delivered, with the wrong 02:00,01:15 label, all 100 intervals have their slot', async () => {
    const lines = smtLines(autumnDay);
    expect(lines[8]).toContain(',02:00,01:15,');

    const { report, blocks } = await read(lines);

    expect(nonZero(report.counts)).toEqual({ rowsRead: 100, intervalsRead: 100 });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(autumnDay));
  });

  test('Two rows of the hour that are byte-identical are two readings', async () => {
    const readings = meterDay({ date: autumn, milliKwh: (slot) => (slot === 6 || slot === 10 ? 44 : slot) });
    const lines = smtLines(readings);
    expect(lines[6]).toBe(lines[10]);

    const { report, blocks } = await read(lines);

    expect(nonZero(report.counts)).toEqual({ rowsRead: 100, intervalsRead: 100 });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(readings));
  });

  test('A whole day of equal rows keeps all 100', async () => {
    const readings = meterDay({ date: autumn, milliKwh: () => 44 });

    const { report } = await read(smtLines(readings));

    expect(nonZero(report.counts)).toEqual({ rowsRead: 100, intervalsRead: 100 });
  });

  test.each([
    ['one pass after the other', [...beforeHour, ...firstPass, ...secondPass, ...afterHour]],
    [
      'interleaved, pair by pair',
      [...beforeHour, ...firstPass.flatMap((line, i) => [line, secondPass[i] ?? '']), ...afterHour],
    ],
    ['the last interval first', plainLines.toReversed()],
    ['only the hour', [...firstPass, ...secondPass]],
    ['only the hour, the last interval first', [...firstPass, ...secondPass].reverse()],
    ['the rest of the day after the hour', [...firstPass, ...secondPass, ...afterHour]],
    ['the rest of the day before the hour', [...beforeHour, ...firstPass, ...secondPass]],
    [
      'a row of the morning astray within the hour',
      [...beforeHour, ...firstPass, beforeHour[1] ?? '', ...secondPass, ...afterHour],
    ],
  ])('With equal labels, order determines the slot: %s', async (_, lines) => {
    const { report, blocks } = await read(lines);

    const slots = new Set(lines).size;
    expect(report.counts).toMatchObject({ intervalsRead: slots, invalidTimestamp: 0, conflictingRows: 0 });
    const given = autumnDay.filter((reading) => lines.includes(plainLine(reading)));
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(given));
  });

  test('With CDT and CST labels, any order works', async () => {
    const shuffled = zoneSuffixes
      .lines(autumnDay)
      .map((line, i) => ({ line, key: (i * 37) % 100 }))
      .sort((a, b) => a.key - b.key)
      .map(({ line }) => line);

    const { report, blocks } = await readBytes(fileOfLines(zoneSuffixes, shuffled));

    expect(nonZero(report.counts)).toEqual({ rowsRead: 100, intervalsRead: 100 });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(autumnDay));
  });

  test('CST in summer and CDT in winter name no time', async () => {
    const rows = ['07/21/2022,01:00 CST', '01/20/2022,01:00 CDT', '07/21/2022,01:15 CDT'];

    const { report } = await readBytes(
      fileOfLines(
        zoneSuffixes,
        rows.map((row) => `10443720000000001,${row},1`),
      ),
    );

    expect(nonZero(report.counts)).toEqual({ rowsRead: 3, intervalsRead: 1, invalidTimestamp: 2 });
  });

  test.each([
    ['one pass only', [...beforeHour, ...firstPass, ...afterHour], 92],
    ['a shuffled day', plainLines.map((_, i) => plainLines[(i * 37) % 100] ?? ''), 92],
    [
      'each label twice with other values within a pass',
      [
        ...beforeHour,
        ...firstPass,
        ...secondPass.map((line) => line.replace(/,([\d.]+),A/, ',9.5,A')),
        ...firstPass.map((line) => line.replace(/,([\d.]+),A/, ',8.5,A')),
        ...secondPass,
        ...afterHour,
      ],
      92,
    ],
  ])(
    'Indistinguishable rows are rejected, and the rest of the day is read: %s',
    async (_, lines, intervals) => {
      const { report, blocks } = await read(lines);

      expect(nonZero(report.counts)).toEqual({
        rowsRead: lines.length,
        intervalsRead: intervals,
        invalidTimestamp: lines.length - intervals,
      });
      expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(outsideHour));
      expect(report.rejectedRows[0]).toMatchObject({
        reason: 'invalid-timestamp',
        lineNumber: expect.any(Number),
      });
    },
  );

  test('A partial day in the delivered form finds its slots: rows are missing from both passes', async () => {
    const kept = [0, 5, 7, 8, 10, 13, 99];
    const lines = smtLines(autumnDay).filter((_, slot) => kept.includes(slot));

    const { report, blocks } = await read(lines);

    expect(nonZero(report.counts)).toEqual({ rowsRead: 7, intervalsRead: 7 });
    expect(intervalsOf(blocks)).toEqual(
      intervalsOfReadings(autumnDay.filter((_, slot) => kept.includes(slot))),
    );
  });

  test.each([
    ['one copy after the other', [...smtLines(autumnDay), ...smtLines(autumnDay)]],
    ['each row twice in a row', smtLines(autumnDay).flatMap((line) => [line, line])],
  ])('A repeated day is 100 readings and 100 duplicates: %s', async (_, lines) => {
    const { report, blocks } = await read(lines);

    expect(nonZero(report.counts)).toEqual({ rowsRead: 200, intervalsRead: 100, duplicateRows: 100 });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(autumnDay));
  });

  test('Rows of other days between the rows of the day do not matter', async () => {
    const other = portal2022.lines(meterDay({ date: '2022-11-07' }));
    const lines = smtLines(autumnDay).flatMap((line, i) => [line, ...(other[i] ? [other[i]] : [])]);

    const { report, blocks } = await read(lines);

    expect(nonZero(report.counts)).toEqual({ rowsRead: 196, intervalsRead: 196 });
    expect(intervalsOf(blocks)).toEqual(
      intervalsOfReadings([...autumnDay, ...meterDay({ date: '2022-11-07' })]),
    );
  });

  test.each([trueEnds, convertedEnds])('Ends alone determine it too: $name', async (dialect) => {
    const { report, blocks } = await readBytes(writeFile(dialect, autumnDay));

    expect(nonZero(report.counts)).toEqual({ rowsRead: 100, intervalsRead: 100 });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(autumnDay));
  });
});

describe('spring forward', () => {
  const springDay = meterDay({ date: spring });

  test('Four blank rows for the hour that did not exist are expected', async () => {
    const lines = smtLines(springDay);
    expect(lines).toHaveLength(96);

    const { report, blocks } = await read(lines);

    expect(nonZero(report.counts)).toEqual({ rowsRead: 96, intervalsRead: 92, nonexistentHour: 4 });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(springDay));
  });

  test('A file that leaves them out has 92', async () => {
    const lines = smtLines(springDay).filter((line) => !/,02:\d\d,0[23]:\d\d,/.test(line));

    const { report } = await read(lines);

    expect(nonZero(report.counts)).toEqual({ rowsRead: 92, intervalsRead: 92 });
  });

  test('A value in that hour is invalid, and a zero is a value', async () => {
    const lines = smtLines(springDay).map((line) => line.replace(/,(02:\d\d,0[23]:\d\d),,,/, ',$1,0,A,'));

    const { report, blocks } = await read(lines);

    expect(nonZero(report.counts)).toEqual({ rowsRead: 96, intervalsRead: 92, invalidTimestamp: 4 });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(springDay));
  });

  test('A blank on any other row is a missing reading: no zero, no error, a gap', async () => {
    const gaps = meterDay({ date: spring, milliKwh: (slot) => (slot % 10 === 0 ? null : slot) });

    const { report, blocks } = await read(smtLines(gaps));

    expect(nonZero(report.counts)).toEqual({
      rowsRead: 96,
      intervalsRead: 82,
      missingKwh: 10,
      nonexistentHour: 4,
    });
    expect(blocks[0]?.kwh.filter((value) => value === null)).toHaveLength(10);
  });
});

test('Days of any year have the slots that the clock in Texas had, by the time zone database', () => {
  const changes = [];
  for (const year of [1990, 2006, 2007, 2199]) {
    for (const date of dates(`${year}-01-01`, 365)) {
      const day = clockDay(date);
      const moments = momentsOf(date);
      expect([day.slotCount, day.startMs], date).toEqual([moments.length, moments[0]?.startMs]);
      if (day.slotCount !== 96) changes.push(`${date} ${day.slotCount}`);
    }
  }
  expect(changes.slice(0, 6)).toEqual([
    '1990-04-01 92',
    '1990-10-28 100',
    '2006-04-02 92',
    '2006-10-29 100',
    '2007-03-11 92',
    '2007-11-04 100',
  ]);
});

test.each([
  ['short rows wait until all of it is there', '', false],
  [
    'rows of 60 KB do not fill the memory: those that only the rest would place are rejected',
    ' '.repeat(60_000),
    true,
  ],
])('Of the day with the repeated hour, for many meters at once, %s', async (_, padding, isCut) => {
  const esiids = Array.from({ length: 40 }, (_, index) => `104437200000000${index + 10}`);
  const linesOf = (lines: readonly string[]): string[] =>
    esiids.flatMap((esiid) => lines.map((line) => line.replace('10443720000000001', esiid)));
  const firstPasses = linesOf(plainLines.slice(0, hour.second)).map((line) => line + padding);

  const { report } = await read([...firstPasses, ...linesOf(plainLines.slice(hour.second))]);

  expect(report.counts.rowsRead).toBe(40 * 100);
  expect(report.counts.invalidTimestamp > 0).toBe(isCut);
});
