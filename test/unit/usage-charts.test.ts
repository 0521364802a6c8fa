import { expect, test } from 'vitest';
import { cellsOf, skippedCells } from '../../functions/pages/client/usage-page/heat-cells.ts';
import type { IntervalRow } from '../../functions/pages/client/usage-page/types.ts';
import { daySums, layOut, sumOf } from '../../functions/pages/client/usage-page/year.ts';
import { clockDay } from '../../shared/intervals/clock.ts';
import { formatDecimal, parseDecimal } from '../../shared/usage/decimal.ts';
import { slotStarts } from '../../shared/usage/local-time.ts';

const esiid = '10443720000000001';

/** A day's rows as the API gives them, slot k with k thousandths. */
function rowsOf(date: string): IntervalRow[] {
  return slotStarts(clockDay(date)).map((start, slot) => ({
    start,
    channel: 'consumption',
    kwh: formatDecimal(BigInt(slot) * 100n),
    estimated: false,
  }));
}

function range(from: string, to: string, rows: readonly IntervalRow[]) {
  const laidOut = layOut({ esiid, from, to }, rows);
  const [series] = laidOut.series;
  if (!series) throw new Error('no series');
  return { ...laidOut, first: series };
}

test('The hour that fall back repeats is drawn as two halves of its cells, the first pass left', () => {
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

test('The hour that spring forward skips is marked, and three o’clock stands at three', () => {
  const { days, first } = range('2025-03-09', '2025-03-09', rowsOf('2025-03-09'));

  expect(cellsOf(days, first)[8]).toEqual([0, 12, 0.008, 8, 0]);
  expect(skippedCells(days)).toEqual([
    [0, 8],
    [0, 9],
    [0, 10],
    [0, 11],
  ]);
});

test('Days have their true width: 92, 96 and 100 slots follow each other', () => {
  const dates = ['2025-03-08', '2025-03-09', '2025-03-10'];
  const { days, starts } = range('2025-03-08', '2025-03-10', dates.flatMap(rowsOf));

  expect(days.map(({ firstSlot, slotCount }) => [firstSlot, slotCount])).toEqual([
    [0, 96],
    [96, 92],
    [188, 96],
  ]);
  expect(starts).toHaveLength(284);
});

test('Sums are exact, and a day without any value has none', () => {
  const tenths = rowsOf('2025-06-01').map((row) => ({ ...row, kwh: '0.1' }));
  const { days, first } = range('2025-06-01', '2025-06-02', tenths);

  expect(formatDecimal(sumOf(first) ?? 0n)).toBe('9.6');
  expect(daySums(days, first)).toEqual(['9.6', null]);
});

test.each([
  ['0', '0'],
  ['815.04', '815.04'],
  ['-0.00001', '-0.00001'],
  ['12345678901234567890.1', '12345678901234567890.1'],
  ['1.50000', '1.5'],
])('The decimal %s is read and written as %s', (text, written) => {
  expect(formatDecimal(parseDecimal(text))).toBe(written);
});

test.each(['', '1e5', '.5', '1.', '1.000001', 'NaN'])('%s is no decimal', (text) => {
  expect(() => parseDecimal(text)).toThrow(RangeError);
});
