import { describe, expect, test } from 'vitest';
import { esiid } from '../support/smt-meter.ts';
import { nonZero, readBytes } from '../support/smt-read.ts';

const [spring, autumn] = ['2022-03-13', '2022-11-06'] as const;

/** A block with its own start, and each of its readings' start and value. */
interface TestBlock {
  readonly start: number;
  readonly starts: readonly (number | null)[];
  readonly values: readonly string[];
}

function feedOf(blocks: readonly TestBlock[]): string {
  const period = (start: number | null): string =>
    start === null ? '' : `<timePeriod><duration>900</duration><start>${start}</start></timePeriod>`;
  const written = blocks.map(({ start, starts, values }) => {
    const readings = starts.map(
      (each, i) => `<IntervalReading>${period(each)}<value>${values[i]}</value></IntervalReading>`,
    );
    return (
      `<IntervalBlock xmlns="http://naesb.org/espi"><interval><duration>${starts.length * 900}</duration>` +
      `<start>${start}</start></interval>${readings.join('')}</IntervalBlock>`
    );
  });
  const type =
    '<ReadingType xmlns="http://naesb.org/espi"><uom>72</uom><intervalLength>900</intervalLength></ReadingType>';
  return `<feed>${type}${written.join('')}</feed>`;
}

const secondsAt = (instant: string): number => Date.parse(instant) / 1000;
const consecutive = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i * 900);
/** Values that tell where they are. */
const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i + 1));
const skippedHour = (values: readonly string[], value: string): string[] =>
  values.map((own, i) => (i >= 8 && i < 12 ? value : own));

/** Midnight of the days that the clock changes, in Texas and as a label; and the ordinary days before, which prove instants. */
const springDay = { local: secondsAt('2022-03-13T06:00:00Z'), label: secondsAt('2022-03-13T00:00:00Z') };
const fallDay = { local: secondsAt('2022-11-06T05:00:00Z'), label: secondsAt('2022-11-06T00:00:00Z') };
const dayBefore = ({ local, label }: typeof springDay, isLabelled: boolean): TestBlock => ({
  start: (isLabelled ? label : local) - 86_400,
  starts: consecutive(local - 86_400, 96),
  values: numbered(96),
});
/** What a clock shows on the day it is set back, from a midnight on. */
const clockSetBack = (from: number): number[] => [
  ...consecutive(from, 8),
  ...consecutive(from + 3600, 4),
  ...consecutive(from + 7200, 88),
];

describe('Green Button on the days that the clock changes', () => {
  test.each<[string, TestBlock[]]>([
    [
      'labelled, and counted on from the label',
      [{ start: springDay.label, starts: consecutive(springDay.label, 96), values: numbered(96) }],
    ],
    [
      'labelled, and counted on from midnight in Texas, beside days of instants',
      [
        dayBefore(springDay, true),
        { start: springDay.label, starts: consecutive(springDay.local, 96), values: numbered(96) },
      ],
    ],
    [
      'labelled, without starts',
      [{ start: springDay.label, starts: new Array(96).fill(null), values: numbered(96) }],
    ],
    [
      'without starts, from midnight in Texas',
      [{ start: springDay.local, starts: new Array(96).fill(null), values: numbered(96) }],
    ],
  ])('reads 96 readings in spring if those of the hour that did not exist are blank: %s', async (_, feed) => {
    const changed = (value: string) =>
      feedOf(
        feed.map((block, i) =>
          i < feed.length - 1 ? block : { ...block, values: skippedHour(block.values, value) },
        ),
      );

    const { report, blocks } = await readBytes(changed(''), { esiidHint: esiid });
    const withZeros = await readBytes(changed('0'), { esiidHint: esiid });

    const read = blocks.find(({ usageDate }) => usageDate === spring);
    expect(read?.kwh.map(Number)).toEqual(
      numbered(96)
        .toSpliced(8, 4)
        .map((wattHours) => Number(wattHours) / 1000),
    );
    expect(report).toMatchObject({ rejectedRows: [], counts: { nonexistentHour: 4 } });
    expect(withZeros.blocks.filter(({ usageDate }) => usageDate >= spring)).toEqual([]);
    expect(withZeros.report.rejectedRows.map(({ text }) => text)).toEqual([
      expect.stringContaining('has not as many quarter hours'),
    ]);
  });

  test('reads 100 readings in autumn that a clock set back labels, beside days of instants', async () => {
    const block = { start: fallDay.local, starts: clockSetBack(fallDay.local), values: numbered(100) };

    const { report, blocks } = await readBytes(feedOf([dayBefore(fallDay, false), block]), {
      esiidHint: esiid,
    });

    expect(report.rejectedRows).toEqual([]);
    expect(blocks.find(({ usageDate }) => usageDate === autumn)?.kwh.map(Number)).toEqual(
      numbered(100).map((wattHours) => Number(wattHours) / 1000),
    );
  });

  test.each<[string, typeof springDay, boolean, (day: typeof springDay) => number[], RegExp]>([
    ['96 in spring', springDay, false, ({ local }) => consecutive(local, 96), /not as many quarter hours/],
    [
      '92 in spring that skip an hour, as its clock does, and end in the next day',
      springDay,
      false,
      ({ local }) => consecutive(local, 96).toSpliced(8, 4),
      /or not these/,
    ],
    ['96 in autumn', fallDay, false, ({ local }) => consecutive(local, 96), /not as many quarter hours/],
    [
      '96 in autumn, labelled',
      fallDay,
      true,
      ({ local }) => consecutive(local, 96),
      /not as many quarter hours/,
    ],
    [
      'part of the day that a clock set back labels',
      fallDay,
      false,
      ({ local }) => clockSetBack(local).slice(0, 60),
      /go back in time/,
    ],
    [
      'a labelled part of it',
      fallDay,
      true,
      ({ local }) => clockSetBack(local).slice(0, 60),
      /go back in time/,
    ],
  ])(
    'rejects %s, and only that day, although others prove instants',
    async (_, day, isLabelled, startsOf, why) => {
      const starts = startsOf(day);
      const block = { start: isLabelled ? day.label : day.local, starts, values: numbered(starts.length) };

      const { report, blocks } = await readBytes(feedOf([dayBefore(day, isLabelled), block]), {
        esiidHint: esiid,
      });

      expect(report.status).toBe('normalized');
      expect(blocks).toHaveLength(1);
      expect(nonZero(report.counts)).toEqual({
        rowsRead: 96 + starts.length,
        intervalsRead: 96,
        invalidTimestamp: starts.length,
      });
      expect(report.rejectedRows).toMatchObject([{ text: expect.stringMatching(why) }]);
    },
  );

  test('does not take days of UTC for labels where the readings begin and end at midnight in Texas', async () => {
    const starts = Array.from({ length: 288 }, (_, i) => Date.parse('2022-07-01T05:00:00Z') / 1000 + i * 900);
    const byUtcDay = [...Map.groupBy(starts, (start) => Math.floor(start / 86_400)).values()];

    const { report } = await readBytes(
      feedOf(byUtcDay.map((day) => ({ start: day[0] ?? 0, starts: day, values: day.map(() => '1') }))),
      { esiidHint: esiid },
    );

    expect(report).toMatchObject({ status: 'failed', errorCode: 'no-usable-rows' });
    expect(nonZero(report.counts)).toEqual({ rowsRead: 288, invalidTimestamp: 288 });
  });
});
