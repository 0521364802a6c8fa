import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clockText } from '../support/smt-label-text.ts';
import { esiid, meterDay, type Reading } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, nonZero, readBytes } from '../support/smt-read.ts';

const autumn = '2022-11-06';

/** How tools label the day: as SMT does (`02:00,01:15`), as a clock converted from UTC shows it (`01:45,01:00`), or plainly. */
const styles = ['smt', 'converted', 'plain'] as const;

interface Line {
  readonly reading: Reading;
  readonly start: string;
  readonly end: string;
  readonly text: string;
}

function linesOf(style: (typeof styles)[number], readings: readonly Reading[]): Line[] {
  return readings.map((reading) => {
    const { wallMinutes, zone, milliKwh } = reading;
    const start = clockText(style === 'smt' && wallMinutes === 60 && zone === 'CST' ? 120 : wallMinutes);
    const end = clockText(
      style === 'converted' && wallMinutes === 105 && zone === 'CDT' ? 60 : wallMinutes + 15,
    );
    const kwh = String((milliKwh ?? 0) / 1000);
    return { reading, start, end, text: `${esiid},2022-11-06,2022-11-07 06:18,${start},${end},${kwh}` };
  });
}

/** As a spreadsheet sorts: rows with the same label keep their order. */
function sorted(lines: readonly Line[], by: 'start' | 'end', direction: 1 | -1): Line[] {
  return lines.toSorted((a, b) => direction * (a[by] < b[by] ? -1 : Number(a[by] > b[by])));
}

function read(lines: readonly Line[]) {
  const header = 'ESIID,Usage Date,Revision Date,Start Time,End Time,kWh';
  return readBytes([header, ...lines.map(({ text }) => text)].join('\n'));
}

describe('A fall-back day that someone sorted by a label', () => {
  test.each(styles)('of equal values keeps all 100 readings (labels: %s)', async (style) => {
    const lines = linesOf(style, meterDay({ date: autumn, milliKwh: () => 44 }));

    const { report } = await read(sorted(lines, 'start', 1));

    expect(nonZero(report.counts)).toEqual({ rowsRead: 100, intervalsRead: 100 });
  });

  test('keeps an equal pair, and rejects the pairs that the sort may have turned around', async () => {
    const readings = meterDay({ date: autumn, milliKwh: (slot) => (slot === 6 || slot === 10 ? 44 : slot) });

    const { report, blocks } = await read(sorted(linesOf('smt', readings), 'start', 1));

    expect(nonZero(report.counts)).toEqual({ rowsRead: 100, intervalsRead: 96, invalidTimestamp: 4 });
    const written = readings.filter((_, slot) => ![5, 7, 9, 11].includes(slot));
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(written));
  });

  test('has no reading in a wrong slot and none taken for a duplicate, whatever its values and gaps', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...styles),
      fc.constantFrom<'start' | 'end'>('start', 'end'),
      fc.constantFrom<1 | -1>(1, -1),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 100, maxLength: 100 }),
      fc.array(fc.integer({ min: 4, max: 11 }), { maxLength: 2 }),
      async (style, by, direction, values, gaps) => {
        const readings = meterDay({ date: autumn, milliKwh: (slot) => values[slot] ?? 0 });
        const lines = linesOf(style, readings).filter((_, slot) => !gaps.includes(slot));

        const { report, blocks } = await read(sorted(lines, by, direction));

        const { intervalsRead, invalidTimestamp, rowsRead } = report.counts;
        expect(nonZero(report.counts)).toEqual(
          nonZero({ ...report.counts, duplicateRows: 0, conflictingRows: 0 }),
        );
        expect(intervalsRead + invalidTimestamp).toBe(rowsRead);
        expect(invalidTimestamp).toBeLessThanOrEqual(8);
        const written = new Set(intervalsOfReadings(lines.map(({ reading }) => reading)));
        expect(intervalsOf(blocks).filter((interval) => !written.has(interval))).toEqual([]);
      },
    );

    await fc.assert(property, { seed: 20_221_106, numRuns: 400 });
  });
});

test('Repeated rows stay duplicates in a day that ends within the hour', async () => {
  const lines = linesOf('smt', meterDay({ date: autumn })).slice(0, 9);

  const { report } = await read(lines.flatMap((line) => [line, line]));

  expect(nonZero(report.counts)).toEqual({ rowsRead: 18, intervalsRead: 9, duplicateRows: 9 });
});

test('A row of the evening astray within the hour costs what it hides, but takes nothing for a duplicate', async () => {
  const lines = linesOf('plain', meterDay({ date: autumn, milliKwh: (slot) => (slot < 12 ? 44 : slot) }));
  const given = lines.toSpliced(10, 0, ...lines.slice(60, 61));

  const { report, blocks } = await read(given);

  expect(nonZero(report.counts)).toEqual({
    rowsRead: 101,
    intervalsRead: 98,
    duplicateRows: 1,
    invalidTimestamp: 2,
  });
  const written = lines.filter((_, slot) => slot !== 10 && slot !== 11).map(({ reading }) => reading);
  expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(written));
});
