import { describe, expect, test } from 'vitest';
import {
  convertedEnds,
  endsByOwnDate,
  fileOfLines,
  misnamedStarts,
  trueEnds,
  writeFile,
} from '../support/smt-dialects.ts';
import { dates, esiid, meterDay, otherEsiid } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, nonZero, readBytes } from '../support/smt-read.ts';

const twoDays = dates('2022-07-21', 2).flatMap((date) => meterDay({ date }));

describe.each([trueEnds, misnamedStarts])('$name', (dialect) => {
  const lines = dialect.lines(twoDays);

  test.each([
    ['a part of a day without its midnight', lines.slice(10, 80)],
    ['a shuffled day', lines.slice(0, 96).map((_, i) => lines[(i * 37 + 5) % 96] ?? '')],
  ])('%s does not decide, and is not guessed at', async (_, given) => {
    const { report } = await readBytes(fileOfLines(dialect, given));

    expect(report.errorCode).toBe('ambiguous-labels');
    expect(nonZero(report.counts)).toEqual({ rowsRead: given.length, invalidTimestamp: given.length });
  });

  test('shows the same in a file with its rows repeated', async () => {
    const { report, blocks } = await readBytes(fileOfLines(dialect, [...lines, ...lines]));

    expect(report).toMatchObject({ status: 'normalized', recountMembers: [0] });
    expect(report.counts.invalidTimestamp).toBe(0);
    expect([...new Set(intervalsOf(blocks))]).toEqual(intervalsOfReadings(twoDays));
  });

  test('is shown by each meter for itself, with their rows in turn', async () => {
    const other = meterDay({ date: '2022-07-21', esiid: otherEsiid, milliKwh: (slot) => slot * 2 });
    const day = twoDays.slice(0, 96);
    const otherLines = dialect.lines(other);
    const mixed = dialect.lines(day).flatMap((line, i) => [line, otherLines[i] ?? '']);

    const { blocks } = await readBytes(fileOfLines(dialect, mixed));

    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings([...day, ...other]));
  });
});

describe('A part of a meter', () => {
  test('is read as true ends where one of its days shows them', async () => {
    const given = trueEnds.lines(twoDays).slice(10, 96 + 80);

    const { report, blocks } = await readBytes(fileOfLines(trueEnds, given));

    expect(report.counts.invalidTimestamp).toBe(0);
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(twoDays.slice(10, 96 + 80)));
  });

  test('is not read as starts under the wrong name: ends beside their own date look the same', async () => {
    const given = misnamedStarts.lines(twoDays).slice(10, 96 + 80);

    const { report, blocks } = await readBytes(fileOfLines(misnamedStarts, given));

    expect(report.errorCode).toBe('ambiguous-labels');
    expect(blocks).toEqual([]);
  });

  test('is rejected where its days contradict each other, and other meters are read', async () => {
    const [first, second, third] = dates('2022-07-21', 3).map((date) => meterDay({ date }));
    const good = meterDay({ date: '2022-07-21', esiid: otherEsiid });
    const lines = [
      ...trueEnds.lines(first ?? []),
      ...misnamedStarts.lines(second ?? []),
      ...trueEnds.lines(third ?? []).slice(0, 50),
      ...trueEnds.lines(good),
    ];

    const { report, blocks } = await readBytes(fileOfLines(trueEnds, lines));

    expect(nonZero(report.counts)).toEqual({ rowsRead: 338, intervalsRead: 96, invalidTimestamp: 242 });
    expect(report.rejectedRows[0]).toMatchObject({ reason: 'ambiguous-labels', lineNumber: 2 });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(good));
  });
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

test('More rows of one meter than are buffered are determined by their first and last', async () => {
  const readings = dates('2022-03-20', 300).flatMap((date) => meterDay({ date, milliKwh: (slot) => slot }));
  expect(readings.length).toBeGreaterThan(20_000);

  const { report } = await readBytes(writeFile(convertedEnds, readings));

  expect(report.status).toBe('normalized');
  expect(report.counts).toMatchObject({ intervalsRead: readings.length, invalidTimestamp: 0 });
});

describe('Ends beside their own date look like starts on every day but the first and the last', () => {
  const days = dates('2022-11-04', 4).flatMap((date) => meterDay({ date }));
  const lines = endsByOwnDate.lines(days);

  test.each([
    ['as they come', lines],
    ['newest first', lines.toReversed()],
  ])('Both edges determine it: %s', async (_, given) => {
    const { report, blocks } = await readBytes(fileOfLines(endsByOwnDate, given));

    expect(report.counts).toMatchObject({ intervalsRead: days.length, invalidTimestamp: 0 });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(days));
  });

  test('They also determine a file that contains its rows twice', async () => {
    const summer = dates('2022-07-21', 3).flatMap((date) => meterDay({ date }));
    const given = endsByOwnDate.lines([...summer, ...summer]);

    const { report, blocks } = await readBytes(fileOfLines(endsByOwnDate, given));

    expect(report).toMatchObject({ status: 'normalized', recountMembers: [0] });
    expect(report.counts.invalidTimestamp).toBe(0);
    expect([...new Set(intervalsOf(blocks))]).toEqual(intervalsOfReadings(summer));
  });

  test('Over a spring day too, and of a year', async () => {
    const year = dates('2022-01-10', 300).flatMap((date) => meterDay({ date }));
    expect(year.length).toBeGreaterThan(20_000);

    const { report, blocks } = await readBytes(writeFile(endsByOwnDate, year));

    expect(nonZero(report.counts)).toEqual({ rowsRead: year.length, intervalsRead: year.length });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(year));
  });

  test.each([
    ['the first edge', lines.slice(0, -10)],
    ['the last edge', lines.slice(10)],
    ['starts, and one row more', [...misnamedStarts.lines(days), `${esiid},11/08/2022,00:00,1`]],
  ])('One edge fits ends and starts, so it is not guessed: %s', async (_, given) => {
    const { report, blocks } = await readBytes(fileOfLines(endsByOwnDate, given));

    expect(nonZero(report.counts)).toEqual({ rowsRead: given.length, invalidTimestamp: given.length });
    expect(blocks).toEqual([]);
  });

  test.each([
    ['meter by meter', false],
    ['day by day', true],
  ])('Nor is it in a file of many rows, %s', async (_, isByDay) => {
    const meters = [esiid, otherEsiid].map((id) =>
      endsByOwnDate
        .lines(dates('2022-01-10', 150).flatMap((date) => meterDay({ date, esiid: id })))
        .slice(10),
    );
    const ofDate = Map.groupBy(meters.flat(), (line) => line.split(',')[1]);
    const given = isByDay ? [...ofDate.values()].flat() : meters.flat();
    expect(given.length).toBeGreaterThan(25_000);

    const { report, blocks } = await readBytes(fileOfLines(endsByOwnDate, given));

    expect(nonZero(report.counts)).toEqual({ rowsRead: given.length, invalidTimestamp: given.length });
    expect(blocks).toEqual([]);
  });

  test('Another meter of the file decides for a part that fits, and not for one that does not', async () => {
    const part = endsByOwnDate.lines(meterDay({ date: '2022-11-04', esiid: otherEsiid })).slice(0, -1);

    const fitting = await readBytes(fileOfLines(endsByOwnDate, [...lines, ...part]));
    const contradicting = await readBytes(
      fileOfLines(endsByOwnDate, [...misnamedStarts.lines(days), ...part]),
    );

    expect(nonZero(fitting.report.counts)).toEqual({ rowsRead: 483, intervalsRead: 483 });
    expect(nonZero(contradicting.report.counts)).toEqual({
      rowsRead: 483,
      intervalsRead: 388,
      invalidTimestamp: 95,
    });
    expect(intervalsOf(contradicting.blocks)).toEqual(intervalsOfReadings(days));
  });
});
