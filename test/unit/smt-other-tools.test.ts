import { describe, expect, test } from 'vitest';
import type { FileErrorCode } from '../../shared/archive/file-error.ts';
import { clockText } from '../support/smt-label-text.ts';
import { esiid, meterDay, otherEsiid } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, nonZero, readBytes } from '../support/smt-read.ts';
import { zip } from '../support/smt-zip.ts';

const smtHeader =
  'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION';
const startAndEnd = 'ESIID,Date,Start Time,End Time,kWh';
const day = meterDay({ date: '2025-05-14' });
const receivedAt = new Date('2026-11-25T12:00:00Z');
const expected = intervalsOfReadings(day);

function read(text: string | Buffer, esiidHint: string | null = null) {
  return readBytes(text, { receivedAt, esiidHint });
}

/** A whole day, a row from each slot: its start and end in minutes after 00:00, and its kWh. */
function dayOf(row: (start: number, end: number, kwh: string, slot: number) => string): string {
  return day
    .map(({ wallMinutes, milliKwh }, slot) =>
      row(wallMinutes, wallMinutes + 15, String((milliKwh ?? 0) / 1000), slot),
    )
    .join('\n');
}

const dateOfEnd = (end: number): string => (end === 1440 ? '05/15/2025' : '05/14/2025');

describe('A whole day is read exactly, whatever another tool made of it', () => {
  const rows = dayOf((start, end, kwh) => `${esiid},05/14/2025,${clockText(start)},${clockText(end)},${kwh}`);
  const fields = (make: (start: string, end: string, kwh: string) => string): string =>
    dayOf((start, end, kwh) => make(clockText(start), clockText(end), kwh));

  test.each<[string, string]>([
    ['a preamble', `Usage report\nAccount,123456\n\n${startAndEnd}\n${rows}`],
    ['a delimiter hint of Excel', `sep=;\n${startAndEnd.replaceAll(',', ';')}\n${rows.replaceAll(',', ';')}`],
    ['blank leading cells', `,,,,\n,,,,\n${startAndEnd}\n${rows}`],
    [
      'an ESIID above the header',
      `ESIID,${esiid}\nDate,Start Time,End Time,kWh\n${rows.replaceAll(`${esiid},`, '')}`,
    ],
    ['dates with the day first', `${startAndEnd}\n${rows.replaceAll('05/14/2025', '14/05/2025')}`],
    ['dates with dots', `${startAndEnd}\n${rows.replaceAll('05/14/2025', '14.05.2025')}`],
    ['two-digit years', `${startAndEnd}\n${rows.replaceAll('05/14/2025', '5/14/25')}`],
    ['names of months', `${startAndEnd}\n${rows.replaceAll('05/14/2025', '14-May-2025')}`],
    ['day numbers of Excel', `${startAndEnd}\n${rows.replaceAll('05/14/2025', '45791')}`],
    ['guards', `${startAndEnd}\n${rows.replaceAll(esiid, `="${esiid}"`)}`],
    ['curly guards', `${startAndEnd}\n${rows.replaceAll(esiid, `\u2018${esiid}`)}`],
    [
      'a time of any name',
      `ESIID,Usage Date,Read Time,kWh\n${fields((start, _, kwh) => `${esiid},05/14/2025,${start},${kwh}`)}`,
    ],
    [
      'a date of another event',
      `ESIID,Read Date,Usage Date,Start Time,kWh\n${fields((start, _, kwh) => `${esiid},05/15/2025,05/14/2025,${start},${kwh}`)}`,
    ],
    [
      'starts and ends under names of dates',
      `ESIID,Start Date,End Date,kWh\n${dayOf((start, end, kwh) => `${esiid},05/14/2025 ${clockText(start)},${dateOfEnd(end)} ${clockText(end)},${kwh}`)}`,
    ],
    [
      'inclusive ends',
      `${startAndEnd}\n${dayOf((start, end, kwh) => `${esiid},05/14/2025,${clockText(start)},${clockText(end - 1)},${kwh}`)}`,
    ],
    ['a last end of 23:59', `${startAndEnd}\n${rows.replace('23:45,00:00', '23:45,23:59')}`],
    [
      'dated ends alone',
      `ESIID,Usage Date,Interval End Time,kWh\n${dayOf((_, end, kwh) => `${esiid},${dateOfEnd(end)},${clockText(end)},${kwh}`)}`,
    ],
    [
      'ends as timestamps',
      `ESIID,Timestamp,kWh\n${dayOf((_, end, kwh) => `${esiid},${dateOfEnd(end)} ${clockText(end)},${kwh}`)}`,
    ],
    [
      'ends to 24:00 as times',
      `ESIID,Date,Time,kWh\n${dayOf((_, end, kwh) => `${esiid},05/14/2025,${end === 1440 ? '24:00' : clockText(end)},${kwh}`)}`,
    ],
    [
      'ends to 23:59 as times',
      `ESIID,Date,Time,kWh\n${dayOf((_, end, kwh) => `${esiid},05/14/2025,${end === 1440 ? '23:59' : clockText(end)},${kwh}`)}`,
    ],
    [
      'instants as Postgres writes them',
      `ESIID,Timestamp,kWh\n${day.map(({ startMs, milliKwh }) => `${esiid},${new Date(startMs).toISOString().slice(0, 19).replace('T', ' ')}+00,${(milliKwh ?? 0) / 1000}`).join('\n')}`,
    ],
    [
      'a register and a temperature',
      `${startAndEnd},Reading,Temperature\n${dayOf((start, end, kwh, slot) => `${esiid},05/14/2025,${clockText(start)},${clockText(end)},${kwh},${(1_000_000 + (slot * (slot + 1)) / 2) / 1000},${slot % 30}`)}`,
    ],
  ])('%s', async (_, text) => {
    const { report, blocks } = await read(text);

    expect(report.errorMessage).toBeNull();
    expect(nonZero(report.counts)).toEqual({ rowsRead: 96, intervalsRead: 96 });
    expect(intervalsOf(blocks)).toEqual(expected);
  });

  test('in any order of its rows, where each says which interval it is of', async () => {
    const lines = rows.split('\n');
    const shuffled = lines.map((_, i) => lines[(i * 37 + 5) % 96]);

    const { blocks } = await read([startAndEnd, ...shuffled].join('\n'));

    expect(intervalsOf(blocks)).toEqual(expected);
  });
});

describe('A file that may hold intervals but is not proved is rejected by name, never ignored', () => {
  const times = (minutes: number, count: number): string =>
    Array.from({ length: count }, (_, i) => {
      const at = i * minutes;
      return `${esiid},2025-05-14 ${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')},.1`;
    }).join('\n');

  test.each<[string, FileErrorCode, string, string]>([
    [
      'a row a day',
      'wide-layout',
      'one row a day',
      `ESIID,Date,00:15,00:30,00:45\n${esiid},05/14/2025,.1,.2,.3`,
    ],
    [
      'a row a day with its total',
      'wide-layout',
      'one row a day',
      `ESIID,Date,kWh,HE1,HE2,HE3\n${esiid},05/14/2025,.6,.1,.2,.3`,
    ],
    [
      'numbered hours',
      'unknown-header',
      '"Hour Ending"',
      `ESIID,Usage Date,Hour Ending,kWh\n${esiid},05/14/2025,1,.1`,
    ],
    [
      'ranges',
      'unknown-header',
      '"00:00-00:15"',
      `ESIID,Usage Date,Interval,kWh\n${esiid},05/14/2025,00:00-00:15,.1`,
    ],
    [
      'several rows a day without a time',
      'unknown-header',
      'times of day',
      `ESIID,Usage Date,kWh\n${esiid},05/14/2025,.1\n${esiid},05/14/2025,.2`,
    ],
    [
      'a second direction',
      'unknown-header',
      '"Returned to Grid"',
      `${startAndEnd},Returned to Grid\n${esiid},05/14/2025,12:00,12:15,.1,.8`,
    ],
    [
      'a direction that grows',
      'unknown-header',
      '"Solar"',
      `${startAndEnd},Solar\n${dayOf((start, end, kwh, slot) => `${esiid},05/14/2025,${clockText(start)},${clockText(end)},${kwh},${slot / 100}`)}`,
    ],
    [
      'two dates',
      'unknown-header',
      'Two columns',
      `ESIID,Date,Date,Start Time,End Time,kWh\n${esiid},05/15/2025,05/14/2025,00:00,00:15,.1`,
    ],
    [
      'two times',
      'unknown-header',
      'Two columns',
      `ESIID,Date,Time,Start Time,End Time,kWh\n${esiid},05/14/2025,06:00,00:00,00:15,.1`,
    ],
    [
      'another unit',
      'unknown-header',
      '"kVARh"',
      `ESIID,Date,Start Time,End Time,Usage,Units\n${esiid},05/14/2025,00:00,00:15,.1,kWh\n${esiid},05/14/2025,00:15,00:30,.1,kVARh`,
    ],
    [
      'dates of either order',
      'ambiguous-dates',
      '2025-04-05',
      `${startAndEnd}\n${esiid},05/04/2025,00:00,00:15,.1`,
    ],
    [
      'dates of both orders',
      'ambiguous-dates',
      '"14/05/2025"',
      `${startAndEnd}\n${esiid},05/14/2025,00:00,00:15,.1\n${esiid},14/05/2025,00:15,00:30,.1`,
    ],
    [
      "the day first under SMT's header",
      'ambiguous-dates',
      '"13/05/2025"',
      `${smtHeader}\n${esiid},12/05/2025,,00:00,00:15,.1,A,Consumption\n${esiid},13/05/2025,,00:00,00:15,.1,A,Consumption`,
    ],
    ['one-minute labels', 'not-15-minute', '1 minutes', `ESIID,Timestamp,kWh\n${times(1, 60)}`],
    ['five-minute labels', 'not-15-minute', '5 minutes', `ESIID,Timestamp,kWh\n${times(5, 12)}`],
    ['ten-minute labels', 'not-15-minute', '10 minutes', `ESIID,Timestamp,kWh\n${times(10, 12)}`],
    ['half hours', 'not-15-minute', '30 minutes', `ESIID,Timestamp,kWh\n${times(30, 6)}`],
    ['four hours', 'not-15-minute', '240 minutes', `ESIID,Timestamp,kWh\n${times(240, 6)}`],
    [
      'hours with starts and ends',
      'not-15-minute',
      '60 minutes',
      `${startAndEnd}\n${esiid},05/14/2025,00:00,01:00,.1\n${esiid},05/14/2025,01:00,02:00,.1`,
    ],
    [
      'ends of part of a day',
      'ambiguous-labels',
      'start or end',
      `ESIID,Date,Interval End,kWh\n${esiid},05/14/2025,10:15,.1\n${esiid},05/14/2025,10:30,.1`,
    ],
    [
      'two ESIIDs above the header',
      'ambiguous-esiid',
      otherEsiid,
      `ESIID,${esiid}\nESIID,${otherEsiid}\nTimestamp,kWh\n2025-05-14 00:00,.1`,
    ],
    [
      'stamps ahead of time',
      'future-revision',
      '"05/15/2035',
      `${smtHeader}\n${esiid},05/14/2025,05/15/2035 06:18:33,00:00,00:15,.1,A,Consumption`,
    ],
    [
      'dates ahead of time',
      'future-date',
      '"2035-05-14"',
      `${startAndEnd}\n${esiid},2035-05-14,00:00,00:15,.1`,
    ],
    [
      'a direction that depends on who speaks',
      'no-usable-rows',
      '"Delivered"',
      `${startAndEnd},Channel\n${esiid},05/14/2025,00:00,00:15,.1,Delivered`,
    ],
    [
      'a flag that is none',
      'no-usable-rows',
      '"OffPeak"',
      `${startAndEnd},Flag\n${esiid},05/14/2025,00:00,00:15,.1,OffPeak`,
    ],
    [
      'an ESIID of 15 digits and zeros',
      'no-usable-rows',
      '"1008901000000010000000"',
      `${startAndEnd}\n1008901000000010000000,05/14/2025,00:00,00:15,.1`,
    ],
  ])('%s', async (_, errorCode, named, text) => {
    const { report, blocks } = await read(text);

    expect(report).toMatchObject({ status: 'failed', errorCode });
    expect(report.errorMessage).toContain(named);
    expect(blocks).toEqual([]);
  });

  test.each([
    'Export kWh',
    'Generation kWh',
    'kWh Received',
    'Solar kWh',
    'Net kWh',
    'Cumulative kWh',
    'Meter Reading kWh',
  ])('energy that is no consumption by its name: %s', async (name) => {
    const { report } = await read(`ESIID,Timestamp,${name}\n${esiid},2025-05-14 00:00,.1`);

    expect(report.errorCode).toBe('unknown-header');
    expect(report.errorMessage).toContain(`"${name}"`);
  });

  test('times by 12 hours without AM and PM, and the other days are read', async () => {
    const twelve = dayOf(
      (start, end, kwh) => `${esiid},2025-05-14,${clockText(start % 720)},${clockText(end % 720)},${kwh}`,
    );
    const good = dayOf(
      (start, end, kwh) => `${esiid},2025-05-15,${clockText(start)},${clockText(end)},${kwh}`,
    );

    const { report, blocks } = await read(`${startAndEnd}\n${twelve}\n${good}`);

    expect(nonZero(report.counts)).toEqual({ rowsRead: 192, intervalsRead: 96, invalidTimestamp: 96 });
    expect(report.rejectedRows[0]).toMatchObject({ reason: 'conflicting-values' });
    expect(blocks.map(({ usageDate }) => usageDate)).toEqual(['2025-05-15']);
  });

  test('decimal commas, whatever whole numbers stand among them', async () => {
    const rows = dayOf(
      (start, end, kwh) =>
        `${esiid};2025-05-14;${clockText(start)};${clockText(end)};${start % 240 ? `0,${kwh.slice(-1)}` : 1}`,
    );

    const { report, blocks } = await read(`${startAndEnd.replaceAll(',', ';')}\n${rows}`);

    expect(report).toMatchObject({ status: 'failed', errorCode: 'contradicted-column' });
    expect(report.errorMessage).toMatch(
      /^Most cells of column "kWh" are not numbers of kWh such as 0\.145: .*"0,/,
    );
    expect(blocks).toEqual([]);
  });

  test('several meters under one hint', async () => {
    const { report } = await read('Meter,Timestamp,kWh\nA,2025-05-14 00:00,.1\nB,2025-05-14 00:00,.2', esiid);

    expect(report.errorCode).toBe('ambiguous-esiid');
  });
});

test.each([
  ['Estimated', 'Yes', 'No'],
  ['Estimated', 'TRUE', 'FALSE'],
  ['Estimated', '1', '0'],
  ['Actual', 'N', 'Y'],
  ['A/E', 'E', 'A'],
  ['Read kind', 'Estimated', 'Actual'],
])('A column %s says by %s that a reading is estimated, and by %s that it is not', async (name, yes, no) => {
  const rows = [`00:00,00:15,.1,${yes}`, `00:15,00:30,.2,${no}`].map((row) => `${esiid},05/14/2025,${row}`);

  const { blocks } = await read([`${startAndEnd},${name}`, ...rows].join('\n'));

  expect(blocks[0]?.estimated?.slice(0, 2)).toBe('10');
});

test.each(['Surplus Generation', 'SURPLUS_GENERATION', 'surplus  generation', 'Returned to Grid', 'To Grid'])(
  'The channel %s is generation',
  async (channel) => {
    const { blocks } = await read(`${smtHeader}\n${esiid},05/14/2025,,12:00,12:15,.1,A,${channel}`);

    expect(blocks.map((block) => block.channel)).toEqual(['generation']);
  },
);

test('What file managers leave in archives is skipped, and an archive of failed members only reports no others', async () => {
  const good = `${startAndEnd}\n${esiid},05/14/2025,00:00,00:15,.1`;
  const appleDouble = Buffer.from('00051607000200004d6163204f532058', 'hex');

  const junk = await read(
    zip({ 'a.csv': good, '._a.csv': appleDouble, 'x/__MACOSX/y': 'z', 'x/Thumbs.db': 'z' }),
  );
  const bad = await read(zip({ 'a.csv': '', 'b.csv': 'hello' }));

  expect(junk.report).toMatchObject({ status: 'normalized', members: [{ name: 'a.csv' }] });
  expect(bad.report.errorMessage).toMatch(/^2 of 2 members failed\. /);
});
