import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { DailyRead } from '../../shared/reads/daily-read.ts';
import type { MonthlyRead } from '../../shared/reads/monthly-read.ts';
import { type RawFileReport, readRawFile } from '../../shared/smt/read-raw-file.ts';
import { portal2022, writeFile } from '../support/smt-dialects.ts';
import { esiid, meterDay, otherEsiid } from '../support/smt-meter.ts';
import { chunkedSource, expectCountsToAddUp, nonZero } from '../support/smt-read.ts';
import { dailyCsv, dailyHeader, monthlyCsv, monthlyHeader } from '../support/smt-reads.ts';
import { zip } from '../support/smt-zip.ts';

interface ReadReads {
  readonly report: RawFileReport;
  readonly reads: readonly (DailyRead | MonthlyRead)[];
}

/** Reads a file as normalize does; its rows always add up. */
async function read(content: Buffer | string, chunkBytes = 65_536): Promise<ReadReads> {
  const staged: { read: DailyRead | MonthlyRead; member: number }[] = [];
  const report = await readRawFile(
    chunkedSource(Buffer.from(content), chunkBytes),
    { filename: 'file.csv', esiidHint: null, receivedAt: new Date('2200-01-01') },
    () => undefined,
    (read, member) => {
      staged.push({ read, member });
    },
  );
  expectCountsToAddUp(report.counts);
  for (const { counts } of report.members) expectCountsToAddUp(counts);
  const reads = staged.flatMap(({ read, member }) => (report.members[member]?.errorCode ? [] : [read]));
  return { report, reads };
}

const day = "'10443720000000001,10/01/2020,10/02/2020 07:35:54,12475.963,12488.711,12.743";
const month = "'10443720000000001,10/28/2020,11/30/2020,586,0,0,0,0,12/01/2020 09:52:59";

describe('A report of daily reads', () => {
  test('gives the register at both midnights and the energy, exactly', async () => {
    const { report, reads } = await read(`${dailyHeader}\n${day}\n`);

    expect(report).toMatchObject({ status: 'normalized', selfContained: true, members: [{ kind: 'daily' }] });
    expect(nonZero(report.counts)).toEqual({ rowsRead: 1, dailyReadsRead: 1 });
    expect(reads).toMatchObject([
      {
        kind: 'daily',
        esiid,
        channel: 'consumption',
        usageDate: '2020-10-01',
        revisedAt: '2020-10-02T12:35:54.000Z',
        startReading: '12475.963',
        endReading: '12488.711',
        kwh: '12.743',
      },
    ]);
  });

  test.each([
    [
      'another order of columns',
      'USAGE_KWH,END_READING,START_READING,REVISION_DATE,USAGE_DATE,ESIID',
      (cells: string[]) => cells.toReversed(),
    ],
    ['other names', 'esi id,Read Date,RevTS,Start Read,End Read,kWh', (cells: string[]) => cells],
    ['a meter column', `${dailyHeader},METER_NO`, (cells: string[]) => [...cells, '123']],
    ['lines before the header', `sep=,\nAccount,1\n${dailyHeader}`, (cells: string[]) => cells],
    [
      'a date with Excel’s midnight',
      dailyHeader,
      ([id = '', , ...rest]: string[]) => [id, '10/1/2020 0:00', ...rest],
    ],
    ['ISO dates', dailyHeader, ([id = '', , ...rest]: string[]) => [id, '2020-10-01', ...rest]],
    ['quoted cells', dailyHeader, (cells: string[]) => cells.map((cell) => `"${cell}"`)],
  ])('is read the same with %s', async (_, header, arrange) => {
    const plain = await read(`${dailyHeader}\n${day}\n`);
    const { reads } = await read(`${header}\n${arrange(day.split(',')).join(',')}\n`, 7);

    expect(reads).toEqual(plain.reads);
  });

  test('is found in any container, beside intervals and bills', async () => {
    const intervals = writeFile(portal2022, meterDay({ date: '2022-07-01' }));
    const bytes = zip({
      'Interval.CSV': intervals,
      'Daily.CSV.gz': gzipSync(dailyCsv([{ date: '2022-07-01', milliKwh: 4656 }])),
      'inner.zip': zip({
        'Monthly.csv': monthlyCsv([{ start: '2022-06-01', end: '2022-07-01', kwh: '586' }]),
      }),
    });

    const { report, reads } = await read(bytes);

    expect(report.members.map(({ kind }) => kind)).toEqual(['interval', 'daily', 'monthly']);
    expect(nonZero(report.counts)).toEqual({
      rowsRead: 98,
      intervalsRead: 96,
      dailyReadsRead: 1,
      monthlyReadsRead: 1,
    });
    expect(reads.map(({ kind }) => kind)).toEqual(['daily', 'monthly']);
  });

  test('has a channel column in files of meters that also export', async () => {
    const { reads } = await read(
      dailyCsv([
        { date: '2022-07-01', milliKwh: 1, channel: 'consumption' },
        { date: '2022-07-01', milliKwh: 2, channel: 'generation' },
      ]),
    );

    expect(reads).toMatchObject([
      { channel: 'consumption', kwh: '0.001' },
      { channel: 'generation', kwh: '0.002' },
    ]);
  });

  test('has gaps where the energy is blank, and reads without registers', async () => {
    const { report, reads } = await read(
      dailyCsv([
        { date: '2022-07-01', milliKwh: null, start: 1, end: 2 },
        { date: '2022-07-02', milliKwh: 5 },
      ]),
    );

    expect(nonZero(report.counts)).toEqual({ rowsRead: 2, dailyReadsRead: 1, missingKwh: 1 });
    expect(reads).toMatchObject([{ usageDate: '2022-07-02', startReading: null, endReading: null }]);
  });

  test('counts duplicate rows, and keeps both of conflicting ones', async () => {
    const row = { date: '2022-07-01', milliKwh: 5 };
    const { report, reads } = await read(
      dailyCsv([row, row, { ...row, milliKwh: 6 }, { ...row, esiid: otherEsiid }]),
    );

    expect(nonZero(report.counts)).toEqual({
      rowsRead: 4,
      dailyReadsRead: 2,
      duplicateRows: 1,
      conflictingRows: 1,
    });
    expect(reads.map(({ kwh }) => kwh)).toEqual(['0.005', '0.006', '0.005']);
  });

  test.each([
    ['invalid-esiid', day.replace("'10443720000000001", '1.04437E+16')],
    ['invalid-timestamp', day.replace('10/01/2020', '10/32/2020')],
    ['invalid-timestamp', day.replace('07:35:54', '27:35:54')],
    ['invalid-reading', day.replace('12475.963', '12,475.963').replace(',475', ';475')],
    ['invalid-reading', day.replace('12488.711', '-1')],
    ['invalid-kwh', day.replace('12.743', '1e3')],
    ['invalid-kwh', day.replace('12.743', '0.1234567')],
    ['invalid-row', day.replace(',12.743', '')],
    ['invalid-row', `${day},1`],
    ['invalid-row', '"broken'],
  ])('rejects a row as %s and keeps the others: %s', async (reason, row) => {
    const good = dailyCsv([{ date: '2020-10-05', milliKwh: 5 }]);
    const { report, reads } = await read(Buffer.concat([good, Buffer.from(`${row}\n`)]));

    expect(report).toMatchObject({
      status: 'normalized',
      rejectedRows: [{ lineNumber: 3, reason, text: row }],
    });
    expect(reads).toHaveLength(1);
  });

  test('with nothing but rows that cannot be used fails, and says what there was', async () => {
    const { report } = await read(`${dailyHeader}\nx\n`);

    expect(report).toMatchObject({ status: 'failed', errorCode: 'no-usable-rows' });
    expect(report.errorMessage).toContain('1 rows read (invalidRow 1)');
  });

  test('without stamps takes the time of the object, and so does not stand by its bytes alone', async () => {
    const { report, reads } = await read(
      `ESIID,USAGE_DATE,START_READING,END_READING,USAGE_KWH\n${esiid},10/01/2020,1,2,1\n`,
    );

    expect(report.selfContained).toBe(false);
    expect(reads).toMatchObject([{ revisedAt: null }]);
  });
});

describe('A report of billed periods', () => {
  test('gives the energy and the demands of a period', async () => {
    const { report, reads } = await read(`${monthlyHeader}\n${month}\n`);

    expect(nonZero(report.counts)).toEqual({ rowsRead: 1, monthlyReadsRead: 1 });
    expect(report).toMatchObject({ status: 'normalized', members: [{ kind: 'monthly' }] });
    expect(reads).toMatchObject([
      {
        kind: 'monthly',
        startDate: '2020-10-28',
        endDate: '2020-11-30',
        revisedAt: '2020-12-01T15:52:59.000Z',
        kwh: '586',
        meteredKw: '0',
        billedKva: '0',
      },
    ]);
  });

  test('rejects a period that does not end after it starts, and a demand that is no number', async () => {
    const backwards = month.replace('11/30/2020', '10/28/2020');
    const demand = month.replace('586,0', '586,none');
    const { report } = await read(`${monthlyHeader}\n${month}\n${backwards}\n${demand}\n`);

    expect(report.rejectedRows.map(({ reason }) => reason)).toEqual(['invalid-timestamp', 'invalid-reading']);
  });
});

describe('What may be another form of file is not read as a report of reads', () => {
  const rows = (count: number, row: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => row(index)).join('\n');
  const days = (first: string, rest: string) => `'${esiid},${first},10/02/2020 07:35:54,${rest}`;

  test.each([
    [
      'dates with the day first',
      `${dailyHeader}\n${days('05/10/2020', '1,2,1')}\n${days('13/10/2020', '2,3,1')}`,
      'contradicted-column',
      '"13/10/2020" on line 3',
    ],
    [
      'dates with a time of day',
      `${monthlyHeader}\n${month.replace('10/28/2020', '10/28/2020 00:15')}`,
      'contradicted-column',
      '"10/28/2020 00:15" on line 2',
    ],
    [
      'several rows a day',
      `${dailyHeader}\n${rows(96, (slot) => days('10/01/2020', `${slot},${slot + 1},0.${slot + 1}`))}`,
      'several-rows-a-read',
      'Line 4',
    ],
    [
      'several rows a period',
      `${monthlyHeader}\n${rows(3, (slot) => month.replace('586', String(slot)))}`,
      'several-rows-a-read',
      'Line 4',
    ],
    [
      'a second column of energy',
      `${dailyHeader},Returned to Grid\n${day},5`,
      'unknown-column',
      '"Returned to Grid"',
    ],
    [
      'a column that is there twice',
      `${dailyHeader},READ_DATE\n${day},10/01/2020`,
      'unknown-column',
      '"READ_DATE"',
    ],
    ['a column a quarter hour', `${dailyHeader},00:15\n${day},5`, 'unknown-column', '"00:15"'],
  ])('%s', async (_, content, errorCode, named) => {
    const { report, reads } = await read(`${content}\n`);

    expect(report).toMatchObject({ status: 'failed', errorCode });
    expect(report.errorMessage).toContain(named);
    expect(reads).toEqual([]);
  });

  test.each([
    'ESI ID,Date,Reading Type,Meter Reading (kWh),Actual/Estimated',
    'ESIID,Billing Month,kWh',
    'ESIID,READ_DATE,START_READ,END_READ',
  ])('a header without the columns of a report fails by name: %s', async (header) => {
    const { report } = await read(`${header}\n${esiid},1,2,3,4\n`);

    expect(report).toMatchObject({ status: 'failed', errorCode: 'unknown-header' });
    expect(report.errorMessage).toContain(header);
  });

  test('a day that is wrong among others that put the month first costs its row', async () => {
    const { report, reads } = await read(
      `${dailyHeader}\n${days('10/13/2020', '1,2,1')}\n${days('13/10/2020', '2,3,1')}\n`,
    );

    expect(report.rejectedRows).toMatchObject([{ lineNumber: 3, reason: 'invalid-timestamp' }]);
    expect(reads).toHaveLength(1);
  });
});
