import { describe, expect, test } from 'vitest';
import { convertedEnds, fileOfLines, misnamedStarts, trueEnds, writeFile } from '../support/smt-dialects.ts';
import { dates, esiid, meterDay, otherEsiid } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, nonZero, readBytes } from '../support/smt-read.ts';

const twoDays = dates('2022-07-01', 2).flatMap((date) => meterDay({ date }));

describe.each([trueEnds, misnamedStarts])('$name', (dialect) => {
  const lines = dialect.lines(twoDays);

  test('A part of a day follows what the other days tell', async () => {
    const { report, blocks } = await readBytes(fileOfLines(dialect, lines.slice(10, 96 + 80)));

    expect(report.counts.invalidTimestamp).toBe(0);
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(twoDays.slice(10, 96 + 80)));
  });

  test('A part of a day without its midnight tells nothing, and is not guessed at', async () => {
    const { report } = await readBytes(fileOfLines(dialect, lines.slice(10, 80)));

    expect(report.errorCode).toBe('no-usable-rows');
    expect(nonZero(report.counts)).toEqual({ rowsRead: 70, invalidTimestamp: 70 });
  });

  test('A shuffled day tells nothing, and is not guessed at', async () => {
    const shuffled = lines.slice(0, 96).map((_, i) => lines[(i * 37 + 5) % 96] ?? '');

    const { report } = await readBytes(fileOfLines(dialect, shuffled));

    expect(nonZero(report.counts)).toEqual({ rowsRead: 96, invalidTimestamp: 96 });
  });

  test('A file that is there twice tells what it tells once', async () => {
    const { report, blocks } = await readBytes(fileOfLines(dialect, [...lines, ...lines]));

    expect(nonZero(report.counts)).toEqual({ rowsRead: 384, intervalsRead: 192, duplicateRows: 192 });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(twoDays));
  });

  test('Several meters, row by row in turn, each tell their own', async () => {
    const other = meterDay({ date: '2022-07-01', esiid: otherEsiid, milliKwh: (slot) => slot * 2 });
    const day = twoDays.slice(0, 96);
    const otherLines = dialect.lines(other);
    const mixed = dialect.lines(day).flatMap((line, i) => [line, otherLines[i] ?? '']);

    const { blocks } = await readBytes(fileOfLines(dialect, mixed));

    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings([...day, ...other]));
  });
});

test('Days that tell different things do not decide for one that tells nothing', async () => {
  const [first, second, third] = dates('2022-07-01', 3).map((date) => meterDay({ date }));
  const lines = [
    ...trueEnds.lines(first ?? []),
    ...misnamedStarts.lines(second ?? []),
    ...trueEnds.lines(third ?? []).slice(0, 50),
  ];

  const { report } = await readBytes(fileOfLines(trueEnds, lines));

  expect(nonZero(report.counts)).toEqual({ rowsRead: 242, intervalsRead: 192, invalidTimestamp: 50 });
});

test('Ends in the hour that did not exist: the last before it counts, values within it do not', async () => {
  const day = meterDay({ date: '2022-03-13' });
  const lines = convertedEnds.lines(day);
  expect(lines[7]).toContain('03/13/2022 03:00');

  const { report, blocks } = await readBytes(
    fileOfLines(convertedEnds, [...lines, `${esiid},03/13/2022 02:30,1`]),
  );

  expect(nonZero(report.counts)).toEqual({ rowsRead: 93, intervalsRead: 92, invalidTimestamp: 1 });
  expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(day));
});

test('More rows of one meter than wait at once are told by their first and last', async () => {
  const readings = dates('2022-03-20', 300).flatMap((date) => meterDay({ date, milliKwh: (slot) => slot }));
  expect(readings.length).toBeGreaterThan(20_000);

  const { report } = await readBytes(writeFile(convertedEnds, readings));

  expect(report.status).toBe('normalized');
  expect(report.counts).toMatchObject({ intervalsRead: readings.length, invalidTimestamp: 0 });
});
