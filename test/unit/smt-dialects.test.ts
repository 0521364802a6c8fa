import { describe, expect, test } from 'vitest';
import { allDialects, type Dialect, loneReturns, portal2022, writeFile } from '../support/smt-dialects.ts';
import { dates, esiid, meterDay, otherEsiid, type Reading } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, nonZero, readBytes } from '../support/smt-read.ts';

/** Days around both clock changes of three years with different rules; the repeated hour has an identical pair. */
const days = [
  ...dates('2022-03-12', 3),
  ...dates('2022-11-05', 3),
  ...dates('2006-04-01', 2),
  ...dates('2006-10-29', 1),
  ...dates('2031-03-09', 1),
  ...dates('2031-11-02', 1),
];

/** What a dialect without a flag says is an actual read. */
function readingsFor(dialect: Dialect): Reading[] {
  return days.flatMap((date, index) =>
    meterDay({
      date,
      milliKwh: (slot) => (slot === 10 ? 44 : slot === 6 ? 44 : ((slot * 37 + index) % 1000) + 1),
      estimated: (slot) => dialect.hasFlag && slot % 7 === 3,
    }),
  );
}

const encodings: Readonly<Record<string, (text: string) => Buffer>> = {
  'UTF-8': (text) => Buffer.from(text),
  'UTF-8 with BOM': (text) => Buffer.from(`\uFEFF${text}`),
  'UTF-16 LE with BOM': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
  'UTF-16 BE with BOM': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
  'UTF-16 LE without BOM': (text) => Buffer.from(text, 'utf16le'),
  'UTF-16 BE without BOM': (text) => Buffer.from(text, 'utf16le').swap16(),
};

describe.each(allDialects)('$name', (dialect) => {
  const hint = { esiidHint: dialect.hasEsiid ? null : esiid };

  test('Every interval of ordinary and clock-change days is read, exactly', async () => {
    const readings = readingsFor(dialect);

    const { report, blocks } = await readBytes(writeFile(dialect, readings), hint);

    expect(report).toMatchObject({ status: 'normalized', errorCode: null });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(readings));
    expect(nonZero({ ...report.counts, rowsRead: 0, nonexistentHour: 0 })).toEqual({
      intervalsRead: readings.length,
    });
  });

  test('The newest day first, and the newest interval first, is read as well', async () => {
    const readings = readingsFor(dialect).filter(({ date }) => date !== '2022-03-13');
    const lines = writeFile(dialect, readings).split(/\r\n|\n|\r/);
    const [header = '', ...rows] = lines.filter((line) => line !== '');
    const lineEnd = dialect.lineEnd ?? '\n';

    const { report, blocks } = await readBytes([header, ...rows.reverse()].join(lineEnd), hint);

    expect(report.status).toBe('normalized');
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(readings));
  });

  test.each(Object.keys(encodings))('In %s it is the same', async (encoding) => {
    const readings = readingsFor(dialect).slice(0, 96 + 92 + 96);
    const bytes = encodings[encoding]?.(writeFile(dialect, readings)) ?? Buffer.alloc(0);

    const { report, blocks } = await readBytes(bytes, { ...hint, chunkBytes: 1000 });

    expect(report.status).toBe('normalized');
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(readings));
  });
});

test('Blank lines, blank columns at the end and blank lines before the header change nothing', async () => {
  const readings = meterDay({ date: '2022-03-01' });
  const [header = '', ...rows] = writeFile(portal2022, readings).trimEnd().split('\n');
  const text = ['', '  ', `${header},,`, '', ...rows.flatMap((row) => [`${row},,`, ',,,,,,,', ' '])].join(
    '\r\n',
  );

  const { report, blocks } = await readBytes(text);

  expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(readings));
  expect(nonZero(report.counts)).toEqual({ rowsRead: 96, intervalsRead: 96 });
});

test('Several ESIIDs, channels and revisions, interleaved row by row, keep apart', async () => {
  const date = '2022-07-01';
  const meters = [
    meterDay({ date, estimated: (slot) => slot > 80 }),
    meterDay({ date, channel: 'generation', milliKwh: (slot) => slot * 3 }),
    meterDay({ date, esiid: otherEsiid, milliKwh: (slot) => slot * 5 }),
    meterDay({ date, revision: '2022-07-04 01:00', milliKwh: (slot) => slot * 7 }),
  ];
  const rows = meters.map((day) => portal2022.lines(day));
  const interleaved = (rows[0] ?? []).flatMap((_, i) => rows.map((lines) => lines[i] ?? ''));

  const { report, blocks } = await readBytes([portal2022.header, ...interleaved].join('\n'));

  expect(nonZero(report.counts)).toEqual({ rowsRead: 4 * 96, intervalsRead: 4 * 96 });
  expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(meters.flat()));
  expect(blocks.map(({ revisedAt }) => revisedAt).sort()).toEqual([
    '2022-07-02T11:18:00.000Z',
    '2022-07-02T11:18:00.000Z',
    '2022-07-02T11:18:00.000Z',
    '2022-07-04T06:00:00.000Z',
  ]);
  expect(new Set(blocks.map((block) => block.esiid))).toEqual(new Set([esiid, otherEsiid]));
});

test('A file reads the same in pieces of any size, down to single bytes', async () => {
  const readings = dates('2022-11-05', 2).flatMap((date) => meterDay({ date }));
  for (const [dialect, encoding] of [
    [portal2022, 'UTF-8 with BOM'],
    [loneReturns, 'UTF-8'],
    [portal2022, 'UTF-16 LE with BOM'],
  ] as const) {
    const text = `\r\n\n${writeFile(dialect, readings)}broken,row`;
    const bytes = encodings[encoding]?.(text) ?? Buffer.alloc(0);
    const whole = await readBytes(bytes);
    expect(whole.report.counts).toMatchObject({ intervalsRead: 196, invalidRow: 1 });

    for (const chunkBytes of [1, 2, 3, 7, 64, 97, 1021]) {
      const { report, blocks } = await readBytes(bytes, { chunkBytes });
      expect(report, `${encoding} in pieces of ${chunkBytes}`).toEqual(whole.report);
      expect(blocks).toEqual(whole.blocks);
    }
  }
});

test('Columns may stand in any order, under other names, and with more between them', async () => {
  const rows = meterDay({ date: '2022-07-01' }).map(
    ({ wallMinutes }, slot) =>
      `x,${slot / 100},Actual,${Math.floor(wallMinutes / 60)}:${wallMinutes % 60 || '00'}:00,A1234,2022-07-01,${esiid}`,
  );

  const { report, blocks } = await readBytes(
    ['Remark,Usage (kWh),Estimated/Actual,START TIME,Meter Number,read_date,"ESI ID"', ...rows].join('\n'),
  );

  expect(nonZero(report.counts)).toEqual({ rowsRead: 96, intervalsRead: 96 });
  expect(blocks).toMatchObject([{ esiid, meter: 'A1234', usageDate: '2022-07-01', revisedAt: null }]);
});
