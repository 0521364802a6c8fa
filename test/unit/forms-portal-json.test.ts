import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { portalResponse } from '../support/form-portal-json.ts';
import { esiid, meterDay, otherEsiid } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, nonZero, readBytes } from '../support/smt-read.ts';
import { generatedYear } from '../support/smt-year.ts';

const [ordinary, spring, autumn] = ['2022-07-01', '2022-03-13', '2022-11-06'] as const;

interface Element {
  date: string;
  starttime: string;
  endtime: string;
  consumption: unknown;
  consumption_est_act: unknown;
  generation: unknown;
  generation_est_act: unknown;
}

/** A day's response in which some elements are changed. */
function changed(date: string, change: (elements: Element[]) => void): string {
  const response = JSON.parse(portalResponse(meterDay({ date })));
  change(response.intervaldata);
  return JSON.stringify(response);
}

describe('JSON of the portal', () => {
  test('reads a response written by hand', async () => {
    const bytes = readFileSync(new URL('../fixtures/forms/portal-intervals.json', import.meta.url));

    const { report, blocks } = await readBytes(bytes, { esiidHint: esiid });

    expect(report).toMatchObject({ status: 'normalized', selfContained: false });
    expect(intervalsOf(blocks)).toEqual([
      `${esiid} consumption 2026-01-15T06:00:00.000Z 0.1 A`,
      `${esiid} consumption 2026-01-15T06:15:00.000Z 0.25 E`,
      `${esiid} consumption 2026-01-15T18:00:00.000Z 0 A`,
      `${esiid} consumption 2026-01-16T05:45:00.000Z 12.345 A`,
      `${esiid} generation 2026-01-15T18:00:00.000Z 1.5 A`,
    ]);
    expect(blocks.every(({ revisedAt }) => revisedAt === null)).toBe(true);
    expect(nonZero(report.counts)).toEqual({ rowsRead: 6, intervalsRead: 5, missingKwh: 1 });
  });

  test.each([
    ['one channel', [...generatedYear()]],
    [
      'both channels, both clock changes, gaps and zeros',
      [ordinary, spring, autumn].flatMap((date) => [
        ...meterDay({ date, milliKwh: (slot) => (slot === 30 ? null : slot % 5) }),
        ...meterDay({
          date,
          channel: 'generation',
          milliKwh: (slot) => slot * 7,
          estimated: (slot) => slot > 90,
        }),
      ]),
    ],
  ])('reads every interval, to the digit: %s', async (_, readings) => {
    const { report, blocks } = await readBytes(portalResponse(readings), {
      esiidHint: esiid,
      chunkBytes: 1021,
    });

    expect(report.status).toBe('normalized');
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(readings));
    expect(report.rejectedRows).toEqual([]);
  });

  test.each<[string, (elements: Element[]) => void, object]>([
    [
      'a value that is no number',
      (all) => Object.assign(all[5] ?? {}, { consumption: 'n/a' }),
      { invalidKwh: 1 },
    ],
    [
      'a number beyond the digits stored',
      (all) => Object.assign(all[5] ?? {}, { consumption: 0.1234567 }),
      { invalidKwh: 1 },
    ],
    ['a negative number', (all) => Object.assign(all[5] ?? {}, { consumption: -1 }), { invalidKwh: 1 }],
    [
      'an unknown flag',
      (all) => Object.assign(all[5] ?? {}, { consumption_est_act: 'X' }),
      { invalidRow: 1 },
    ],
    ['null for a reading', (all) => Object.assign(all[5] ?? {}, { consumption: null }), { missingKwh: 1 }],
    [
      'a label off the quarter hour',
      (all) => Object.assign(all[5] ?? {}, { starttime: ' 1:20 am' }),
      { invalidTimestamp: 1 },
    ],
    ['no end', (all) => Object.assign(all[5] ?? {}, { endtime: null }), { invalidTimestamp: 1 }],
    [
      'a date that does not exist',
      (all) => Object.assign(all[5] ?? {}, { date: '2022-02-30' }),
      { invalidTimestamp: 1 },
    ],
  ])('an element with %s costs that element', async (_, change, counts) => {
    const { report, blocks } = await readBytes(changed(ordinary, change), { esiidHint: esiid });

    expect(nonZero(report.counts)).toEqual({ rowsRead: 96, intervalsRead: 95, ...counts });
    const others = meterDay({ date: ordinary, milliKwh: (slot) => (slot === 5 ? null : slot + 1) });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(others));
  });

  test('rejects a value in the hour that did not exist, and takes a blank there as expected', async () => {
    const { report } = await readBytes(
      changed(spring, (all) => Object.assign(all[9] ?? {}, { consumption: 0.5, consumption_est_act: 'A' })),
      { esiidHint: esiid },
    );

    expect(nonZero(report.counts)).toEqual({
      rowsRead: 96,
      intervalsRead: 92,
      nonexistentHour: 3,
      invalidTimestamp: 1,
    });
    expect(report.rejectedRows[0]?.text).toContain('starttime " 2:15 am"');
  });

  test('rejects hourly values, naming their length', async () => {
    const text = changed(ordinary, (all) => {
      const hours = all.filter((_, index) => index % 4 === 0);
      for (const [index, hour] of hours.entries()) hour.endtime = hours[index + 1]?.starttime ?? ' 12:00 am';
      all.splice(0, all.length, ...hours);
    });

    const { report } = await readBytes(text, { esiidHint: esiid });

    expect(report).toMatchObject({ status: 'failed', errorCode: 'not-15-minute' });
    expect(report.errorMessage).toContain('60 minutes');
  });

  test('needs an ESIID from outside, unless the file names one', async () => {
    const readings = meterDay({ date: ordinary });
    const named = portalResponse(readings).replace('{', `{"esiid":"${otherEsiid}",`);

    expect((await readBytes(portalResponse(readings))).report.errorCode).toBe('esiid-unknown');
    expect((await readBytes(named, { esiidHint: esiid })).blocks).toMatchObject([{ esiid: otherEsiid }]);
  });

  test('rejects a file that names its ESIID after more readings than are buffered', async () => {
    const response = JSON.parse(portalResponse(generatedYear().slice(0, 96 * 53)));

    const { report } = await readBytes(JSON.stringify({ ...response, esiid: otherEsiid }), {
      esiidHint: esiid,
    });

    expect(report).toMatchObject({ status: 'failed', errorCode: 'esiid-unknown' });
  });
});
