import { describe, expect, test } from 'vitest';
import {
  cellsOf,
  estimatedRuns,
  missingRuns,
  skippedRuns,
} from '../../functions/pages/client/usage-page/heat-cells.ts';
import { layOut } from '../../functions/pages/client/usage-page/slots.ts';
import type { IntervalRow } from '../../functions/pages/client/usage-page/types.ts';
import { clockDay } from '../../shared/intervals/clock.ts';
import { formatDecimal, parseDecimal } from '../../shared/usage/decimal.ts';
import { slotStarts } from '../../shared/usage/local-time.ts';

/** A day's rows as the API returns them, slot k with k thousandths. */
function rowsOf(date: string): IntervalRow[] {
  return slotStarts(clockDay(date)).map((start, slot) => ({
    esiid: '10443720000000001',
    start,
    channel: 'consumption',
    kwh: formatDecimal(BigInt(slot) * 100n),
    estimated: false,
  }));
}

function range(from: string, to: string, rows: readonly IntervalRow[]) {
  const laidOut = layOut({ from, to }, rows);
  const [series] = laidOut.series;
  if (!series) throw new Error('no series');
  return { ...laidOut, first: series };
}

describe('heat map cells', () => {
  test('draws the hour that fall back repeats as two halves of its cells, the first pass left', () => {
    const { days, first } = range('2025-11-02', '2025-11-02', rowsOf('2025-11-02'));

    const cells = cellsOf(days, first);

    expect(cells).toHaveLength(100);
    const oneOClock = cells.filter(([, quarter]) => quarter >= 4 && quarter < 8);
    expect(oneOClock.map(([, quarter, , slot, half]) => [quarter, slot, half])).toEqual([
      [4, 4, 1],
      [5, 5, 1],
      [6, 6, 1],
      [7, 7, 1],
      [4, 8, 2],
      [5, 9, 2],
      [6, 10, 2],
      [7, 11, 2],
    ]);
    expect(cells.filter(([, , , , half]) => half === 0)).toHaveLength(92);
  });

  test('marks the hour that spring forward skips, and puts three o’clock at three', () => {
    const { days, first } = range('2025-03-09', '2025-03-09', rowsOf('2025-03-09'));

    expect(cellsOf(days, first)[8]).toEqual([0, 12, 0.008, 8, 0]);
    expect(skippedRuns(days)).toEqual([[0, 8, 4]]);
    expect(missingRuns(days, first)).toEqual([]);
  });

  test('marks what is missing and what is estimated, apart from zero', () => {
    const rows = rowsOf('2025-06-01')
      .filter((_, slot) => slot < 10 || slot >= 14)
      .map((row, index) => ({ ...row, estimated: index === 0 || index > 90 }));
    const { days, first } = range('2025-06-01', '2025-06-01', rows);

    expect(missingRuns(days, first)).toEqual([[0, 10, 4]]);
    expect(estimatedRuns(days, first)).toEqual([
      [0, 0, 1],
      [0, 95, 1],
    ]);
    expect(cellsOf(days, first)[0]?.[2]).toBe(0);
  });
});

describe('layOut', () => {
  test('gives days of 92, 96 and 100 slots one after the other', () => {
    const dates = ['2025-03-08', '2025-03-09', '2025-03-10'];
    const { days, starts } = range('2025-03-08', '2025-03-10', dates.flatMap(rowsOf));

    expect(days.map(({ firstSlot, slotCount }) => [firstSlot, slotCount])).toEqual([
      [0, 96],
      [96, 92],
      [188, 96],
    ]);
    expect(starts).toHaveLength(284);
  });
});

describe('decimals', () => {
  test.each([
    ['0', '0'],
    ['815.04', '815.04'],
    ['-0.00001', '-0.00001'],
    ['12345678901234567890.1', '12345678901234567890.1'],
    ['1.50000', '1.5'],
  ])('reads %s and writes %s', (text, written) => {
    expect(formatDecimal(parseDecimal(text))).toBe(written);
  });

  test.each(['', '1e5', '.5', '1.', '1.000001', 'NaN'])('rejects %s', (text) => {
    expect(() => parseDecimal(text)).toThrow(RangeError);
  });
});
