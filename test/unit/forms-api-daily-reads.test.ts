import { describe, expect, test } from 'vitest';
import { apiDay } from '../support/form-api-json.ts';
import { esiid, meterDay } from '../support/smt-meter.ts';
import { nonZero, readBytes } from '../support/smt-read.ts';

const csvHeader = 'ESIID,USAGE_DATE,REVISION_DATE,START_READING,END_READING,USAGE_KWH';
const csv = `${csvHeader}\n'${esiid},04/21/2020,04/22/2020 07:41:22,24002.915,24039.407,36.492\n`;
/** As public scripts show the API's response; one number without quotes. */
const response = {
  trans_id: '123',
  esiid,
  registeredReads: [
    {
      readDate: '04/21/2020',
      revisionDate: '04/22/2020 07:41:22',
      startReading: '24002.915',
      endReading: '24039.407',
      energyDataKwh: '36.492',
    },
  ],
};

function readsOf(changes: readonly object[]): string {
  return JSON.stringify({
    ...response,
    registeredReads: changes.map((change) => ({ ...response.registeredReads[0], ...change })),
  });
}

describe('Daily reads in JSON', () => {
  test('give the very reads of the CSV', async () => {
    const fromCsv = await readBytes(csv);
    const fromJson = await readBytes(
      JSON.stringify(response).replaceAll('/', '\\/').replace('"24002.915"', '24002.915'),
    );

    expect(fromJson.reads).toEqual(fromCsv.reads);
    expect(fromJson.reads).toHaveLength(1);
    expect(fromJson.report).toMatchObject({
      status: 'normalized',
      selfContained: true,
      members: [{ kind: 'daily' }],
    });
    expect(nonZero(fromJson.report.counts)).toEqual({ rowsRead: 1, dailyReadsRead: 1 });
  });

  test('that are bad are rejected alone, duplicates are counted', async () => {
    const text = readsOf([
      {},
      {},
      { energyDataKwh: '36.493' },
      { readDate: '04/22/2020', energyDataKwh: 'x' },
      { readDate: '04/31/2020' },
      { readDate: '04/23/2020', startReading: '-' },
      { readDate: '04/24/2020', energyDataKwh: null },
      { readDate: '04/25/2020', rt: 'G' },
    ]);

    const { report, reads } = await readBytes(text);

    expect(nonZero(report.counts)).toEqual({
      rowsRead: 8,
      dailyReadsRead: 2,
      duplicateRows: 1,
      conflictingRows: 1,
      invalidKwh: 1,
      invalidTimestamp: 1,
      invalidReading: 1,
      missingKwh: 1,
    });
    expect(reads.map((read) => read.channel)).toEqual(['consumption', 'consumption', 'generation']);
    expect(report.rejectedRows[0]?.text).toContain('readdate "04/22/2020"');
  });

  test('stand beside intervals in one file', async () => {
    const energyData = [apiDay(meterDay({ date: '2020-04-21' }))];

    const { report, reads, blocks } = await readBytes(JSON.stringify([response, { esiid, energyData }]));

    expect(report.status).toBe('normalized');
    expect([reads.length, blocks.length]).toEqual([1, 1]);
  });

  test.each<[string, string, string]>([
    [
      'days that stand first in their dates',
      readsOf([{ readDate: '21/04/2020' }, { readDate: '05/04/2020' }]),
      'contradicted-column',
    ],
    [
      'three values of one day',
      readsOf([{}, { energyDataKwh: '1' }, { energyDataKwh: '2' }]),
      'several-rows-a-read',
    ],
    ['a second energy', readsOf([{ generationKwh: '1' }]), 'unknown-json'],
    ['no reads', readsOf([]), 'no-usable-rows'],
  ])('fail with %s', async (_, text, errorCode) => {
    const { report, reads } = await readBytes(text);

    expect(report).toMatchObject({ status: 'failed', errorCode });
    expect(reads).toEqual([]);
  });
});

test('Dates of intervals that can only be day-first fail the file', async () => {
  const day = apiDay(meterDay({ date: '2022-05-04' }));
  const energyData = [day, { ...day, DT: '21/05/2022' }];

  const { report } = await readBytes(JSON.stringify({ esiid, energyData }));

  expect(report).toMatchObject({ status: 'failed', errorCode: 'contradicted-column' });
});
