import { expect, test } from 'vitest';
import { portal2022, writeFile } from '../support/smt-dialects.ts';
import { dates, esiid, meterDay } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, nonZero, readBytes } from '../support/smt-read.ts';

/** Three days, so that the labels of each slot are known from the first. */
const readings = dates('2022-07-01', 3).flatMap((date) =>
  meterDay({ date, milliKwh: (slot) => (slot * 7919) % 99_999, estimated: (slot) => slot > 40 && slot < 50 }),
);
const lines = writeFile(portal2022, readings).trimEnd().split('\n');

/** readBytes compares with every row parsed: its report, line numbers included, and its blocks. */
test.each<[string, (line: string, index: number) => string]>([
  ['as they are', (line) => line],
  ['with CRLF', (line) => `${line}\r`],
  ['with CRLF in some lines', (line, i) => (i % 7 === 0 ? `${line}\r` : line)],
  ['with kWh in the last column', (line) => line.split(',').slice(0, 6).join(',')],
  ['with a blank line now and then', (line, i) => (i % 50 === 49 ? `${line}\n` : line)],
])('Rows that repeat the row before them are read as if each was parsed: %s', async (_, change) => {
  const text = `${lines.map(change).join('\n')}\n`;

  for (const chunkBytes of [997, 65_536]) {
    const { blocks } = await readBytes(text, { chunkBytes, esiidHint: esiid, maxOpenBlocks: 1 });

    expect(intervalsOf(blocks).map((interval) => interval.slice(0, -2))).toEqual(
      intervalsOfReadings(readings).map((interval) => interval.slice(0, -2)),
    );
  }
});

test.each<[string, string, object]>([
  ['a value that is no number', ',x,', { invalidKwh: 1 }],
  ['a blank value', ',,', { missingKwh: 1 }],
  ['more than five digits before the point', ',100000,', { invalidKwh: 1 }],
  ['a value of five decimals', ',1.23456,', {}],
  ['a value of six decimals', ',1.234567,', { invalidKwh: 1 }],
  ['only a point', ',.,', { invalidKwh: 1 }],
  ['two points', ',1.2.3,', { invalidKwh: 1 }],
])('A row that is different only in its kWh is parsed: %s', async (_, kwh, counts) => {
  const changed = lines.with(150, (lines[150] ?? '').replace(/,[\d.]+,(?=[AE],)/, kwh));

  const { report } = await readBytes(`${changed.join('\n')}\n`);

  const isRead = Object.keys(counts).length === 0;
  expect(nonZero(report.counts)).toEqual({ rowsRead: 288, intervalsRead: isRead ? 288 : 287, ...counts });
});

test('A day that comes twice is duplicate rows, and a changed value of it a conflict', async () => {
  const again = lines.slice(193).with(20, (lines[213] ?? '').replace(/,[\d.]+,(?=[AE],)/, ',99.5,'));

  const { report } = await readBytes(`${[...lines, ...again].join('\n')}\n`);

  expect(nonZero(report.counts)).toEqual({
    rowsRead: 384,
    intervalsRead: 288,
    duplicateRows: 95,
    conflictingRows: 1,
  });
});
