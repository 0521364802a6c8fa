import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { apiDay, apiFiles, rasterOf } from '../support/form-api-json.ts';
import { portal2022, writeFile } from '../support/smt-dialects.ts';
import { esiid, type MeterDay, meterDay, otherEsiid } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, nonZero, readBytes } from '../support/smt-read.ts';
import { generatedYear } from '../support/smt-year.ts';

const [ordinary, spring, autumn] = ['2022-07-01', '2022-03-13', '2022-11-06'] as const;

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/forms/${name}`, import.meta.url));
}

/** A response whose one day has this raster. */
function responseOf(day: MeterDay, change: (raster: string[]) => string[] = (raster) => raster): string {
  const readings = meterDay(day);
  const RD = change(rasterOf(readings)).join(',');
  return JSON.stringify({ trans_id: 'x', esiid, energyData: [{ ...apiDay(readings), RD }] });
}

describe('JSON of the official API', () => {
  test('reads a response written by hand from the interface guide', async () => {
    const { report, blocks } = await readBytes(fixture('api-intervals.json'));

    expect(report).toMatchObject({ status: 'normalized', selfContained: true });
    expect(blocks).toMatchObject([
      { channel: 'consumption', usageDate: '2026-01-15', revisedAt: '2026-01-16T13:40:00.000Z' },
      { channel: 'generation', usageDate: '2026-01-15', revisedAt: '2026-01-16T13:40:00.000Z' },
    ]);
    expect(blocks[0]?.kwh.slice(0, 10)).toEqual([
      '0.145',
      '0.188',
      '3',
      null,
      '0.2',
      '0.21',
      '0.1',
      '0.4',
      '0.5',
      '12.25',
    ]);
    expect(blocks[0]?.estimated?.indexOf('1')).toBe(4);
    expect(nonZero(report.counts)).toEqual({ rowsRead: 192, intervalsRead: 191, missingKwh: 1 });
  });

  test.each(Object.entries(apiFiles))('gives the very blocks of the CSV: %s', async (_, write) => {
    const readings = [
      ...generatedYear(),
      ...[ordinary, spring, autumn].flatMap((date) => [
        ...meterDay({ date, channel: 'generation' }),
        ...meterDay({ date, esiid: otherEsiid, milliKwh: (slot) => (slot === 50 ? null : slot * 3) }),
        ...meterDay({ date, revision: '2022-12-01 08:00', estimated: (slot) => slot % 9 === 0 }),
      ]),
    ];
    const csv = await readBytes(writeFile(portal2022, readings));

    const json = await readBytes(write(readings), { chunkBytes: 4093 });

    const inOrder = (read: typeof csv) =>
      [...read.blocks].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
    expect(inOrder(json)).toEqual(inOrder(csv));
    expect(json.report.counts).toEqual(csv.report.counts);
    expect(json.report.selfContained).toBe(true);
    expect(intervalsOf(json.blocks).length).toBeGreaterThan(30_000);
  });

  test.each<[string, string, (raster: string[]) => string[], RegExp]>([
    ['one field short', ordinary, (raster) => raster.slice(1), /RD has 99 fields, not 100/],
    ['the hole left out', ordinary, (raster) => raster.toSpliced(8, 4), /RD has 96 fields/],
    ['one field long', ordinary, (raster) => [...raster, '1-A'], /RD has 101 fields/],
    [
      'two fields run together',
      ordinary,
      (raster) => raster.toSpliced(30, 2, '0.1-A0.2-A', ''),
      /field 30 of RD is "0.1-A0.2-A"/,
    ],
    [
      'a comma within a value',
      ordinary,
      (raster) => raster.toSpliced(9, 1, '0', '145-A'),
      /field 9 of RD is "0"/,
    ],
    [
      'all fields one place on',
      ordinary,
      (raster) => ['', ...raster.slice(0, 99)],
      /field 8 of RD is "0.008-A": it stands for the repeated hour/,
    ],
    [
      'a value in the hour that did not exist',
      spring,
      (raster) => raster.toSpliced(13, 1, '0-A'),
      /field 13 of RD is "0-A": it stands for an hour that did not exist/,
    ],
    ['an empty raster', ordinary, () => [], /RD has 1 fields/],
  ])('rejects a day with %s, and only that day', async (_, date, change, why) => {
    const bad = responseOf({ date }, change);
    const good = meterDay({ date, esiid: otherEsiid });

    const { report, blocks } = await readBytes(`${bad}\n${apiFiles['an object a line']?.(good)}`);

    expect(report.status).toBe('normalized');
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(good));
    expect(report.rejectedRows).toHaveLength(1);
    expect(report.rejectedRows[0]?.text).toMatch(why);
    expect(report.rejectedRows[0]?.lineNumber).toBe(1);
  });

  test('rejects single fields in their required places', async () => {
    const text = responseOf({ date: ordinary }, (raster) =>
      raster
        .with(0, '0.1234567-A')
        .with(1, '-2-A')
        .with(2, '0.1-X')
        .with(3, '-')
        .with(4, '1e-1-A')
        .with(20, ' 5.10 - e '),
    );

    const { report, blocks } = await readBytes(text);

    expect(nonZero(report.counts)).toEqual({
      rowsRead: 96,
      intervalsRead: 91,
      invalidKwh: 3,
      invalidRow: 1,
      missingKwh: 1,
    });
    expect(blocks[0]?.kwh.slice(0, 5)).toEqual([null, null, null, null, null]);
    expect([blocks[0]?.kwh[16], blocks[0]?.estimated?.[16]]).toEqual(['5.1', '1']);
    expect(report.rejectedRows[0]?.text).toContain('field 0 of RD: "0.1234567-A" is no kWh');
  });

  test('does not guess which hour the one pass through a repeated hour was', async () => {
    const { report, blocks } = await readBytes(
      responseOf({ date: autumn }, (raster) => raster.fill('', 8, 12)),
    );

    expect(nonZero(report.counts)).toEqual({
      rowsRead: 100,
      intervalsRead: 92,
      missingKwh: 4,
      invalidTimestamp: 4,
    });
    expect(blocks[0]?.kwh.slice(3, 13)).toEqual(['0.004', ...new Array(8).fill(null), '0.013']);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['a channel that is neither C nor G', { RT: 'N' }, 'invalid-row'],
    ['no channel', { RT: undefined }, 'invalid-row'],
    ['a date that does not exist', { DT: '02/30/2022' }, 'invalid-timestamp'],
    ['a stamp that is none', { RevTS: 'yesterday' }, 'invalid-timestamp'],
    ['an ESIID that lost its digits', { esiid: '1.04437E+16' }, 'invalid-esiid'],
    [
      'an ESIID as a number that floating point may have rounded',
      { esiid: 10443720000000000 },
      'invalid-esiid',
    ],
  ])('rejects a day with %s', async (_, change, reason) => {
    const days = [meterDay({ date: ordinary }), meterDay({ date: spring })].map(apiDay);
    const energyData = [{ ...days[0], ...change }, days[1]];

    const { report, blocks } = await readBytes(JSON.stringify({ esiid, energyData }));

    expect(report.rejectedRows).toMatchObject([{ reason }]);
    expect(blocks.map(({ usageDate }) => usageDate)).toEqual([spring]);
  });

  test('takes numbers and ESIIDs by their text', async () => {
    const text = responseOf({ date: ordinary }).replace(`"${esiid}"`, esiid);

    const { blocks } = await readBytes(text);

    expect(blocks).toMatchObject([{ esiid }]);
  });

  test('takes the ESIID of a file that names none from the hint', async () => {
    const text = JSON.stringify({ energyData: [apiDay(meterDay({ date: ordinary }))] });

    const hinted = await readBytes(text, { esiidHint: otherEsiid });
    const unknown = await readBytes(text);
    const mixed = await readBytes(`${text}\n${responseOf({ date: ordinary })}`, { esiidHint: otherEsiid });

    expect(hinted.blocks).toMatchObject([{ esiid: otherEsiid }]);
    expect(hinted.report).toMatchObject({ status: 'normalized', selfContained: false });
    expect(unknown.report.errorCode).toBe('esiid-unknown');
    expect(mixed.report.errorCode).toBe('esiid-unknown');
  });

  test('holds 16 MB of days at most for an ESIID that follows them', async () => {
    const day = apiDay(meterDay({ date: ordinary }));
    const fileOf = (days: number) =>
      JSON.stringify({ energyData: new Array(days).fill({ ...day, note: 'x'.repeat(1_000_000) }), esiid });

    const within = await readBytes(fileOf(15));
    const beyond = await readBytes(fileOf(18));

    expect(within.blocks).toMatchObject([{ esiid }]);
    expect(beyond).toMatchObject({ blocks: [], report: { errorCode: 'esiid-unknown' } });
  });

  test('reads a day without a revision stamp, and says that its bytes alone do not determine it', async () => {
    const { RevTS: _, ...day } = apiDay(meterDay({ date: ordinary }));

    const { report, blocks } = await readBytes(JSON.stringify({ esiid, energyData: [day] }));

    expect(blocks).toMatchObject([{ revisedAt: null }]);
    expect(report.selfContained).toBe(false);
  });
});

describe('JSON that holds no intervals', () => {
  test.each<[string, string, string, RegExp]>([
    [
      'an error of the API',
      '{"errorCode":"1","errorMessage":"No data received"}',
      'error-response',
      /No data received/,
    ],
    [
      'an error of a gateway',
      '{"error":{"code":"401","message":"Unauthorized"}}',
      'error-response',
      /Unauthorized/,
    ],
    ['a message of a gateway', '{"Message":"Too many requests"}', 'unknown-json', /Too many requests/],
    [
      'an acknowledgement',
      '{"trans_id":"7","statusReason":"Request submitted"}',
      'unknown-json',
      /Request submitted/,
    ],
    ['an empty object', '{}', 'unknown-json', /none of the lists/],
    ['an empty array', '[]', 'unknown-json', /none of the lists/],
    [
      'an empty list of days',
      '{"esiid":"10443720000000001","energyData":[]}',
      'no-usable-rows',
      /0 rows read/,
    ],
    ['unknown lists', '{"usage":[{"kwh":1}]}', 'unknown-json', /may hold energy/],
    [
      'half a response',
      '{"esiid":"10443720000000001","energyData":[{"DT":"01/15/2026"',
      'truncated-json',
      /is truncated/,
    ],
    ['a string that breaks off', '{"esiid":"10443720', 'truncated-json', /is truncated/],
    ['a missing colon', '{"esiid" "1"}', 'invalid-json', /line 1/],
    ['a comma too many', '{"esiid":"1",}', 'invalid-json', /line 1/],
    [
      'a field that stands twice',
      '{"esiid":"1",\n"ESIID":"2"}',
      'invalid-json',
      /"esiid" occurs twice.*line 2/,
    ],
    ['brackets that do not match', '{"energyData":[}]', 'invalid-json', /line 1/],
    ['a thousand lists within one another', '['.repeat(1000), 'invalid-json', /more than 32/],
    ['a text of megabytes', `{"esiid":"${'1'.repeat(3_000_000)}"}`, 'invalid-json', /more than a megabyte/],
    ['bytes that are no UTF-8', '{"esiid":"\xff\xff\xff\xff\xff"}', 'invalid-json', /line 1/],
  ])('fails %s as what it is', async (_, text, errorCode, message) => {
    const { report } = await readBytes(Buffer.from(text, 'latin1'));

    expect(report).toMatchObject({ status: 'failed', errorCode });
    expect(report.errorMessage).toMatch(message);
  });
});
