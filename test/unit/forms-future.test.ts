import { describe, expect, test } from 'vitest';
import { apiFiles } from '../support/form-api-json.ts';
import { greenButtonFeed } from '../support/form-green-button.ts';
import { portalResponse } from '../support/form-portal-json.ts';
import { esiid, meterDay, otherEsiid } from '../support/smt-meter.ts';
import { readBytes } from '../support/smt-read.ts';

const receivedAt = new Date('2022-07-03T12:00:00Z');
const past = meterDay({ date: '2022-07-01' });
const future = meterDay({ date: '2022-07-05' });
const apiJson = apiFiles['an array of objects'] ?? String;

describe('Before the file was received there was', () => {
  test.each([
    ['the official API', apiJson],
    ['the portal', portalResponse],
    ['Green Button', greenButtonFeed],
  ])('no interval of a later day: %s', async (_, write) => {
    const { report, blocks } = await readBytes(write([...past, ...future]), { receivedAt, esiidHint: esiid });

    expect(blocks.map(({ usageDate }) => usageDate)).toEqual(['2022-07-01']);
    expect(report.counts).toMatchObject({ intervalsRead: 96, invalidTimestamp: 96 });
    expect(report.rejectedRows[0]?.reason).toMatch(/^future-/);
  });

  test('no later revision, which would shadow all that come after it', async () => {
    const ahead = meterDay({ date: '2022-07-01', esiid: otherEsiid, revision: '2032-07-02 06:18' });

    const { report, blocks } = await readBytes(apiJson([...past, ...ahead]), { receivedAt });

    expect(blocks.map((block) => block.esiid)).toEqual([esiid]);
    expect(report.rejectedRows).toMatchObject([{ reason: 'future-revision' }]);
  });

  test('no daily read with a later revision', async () => {
    const read = { startReading: '1', endReading: '2', energyDataKwh: '1', readDate: '07/01/2022' };
    const registeredReads = [
      { ...read, revisionDate: '07/02/2022 06:18:00' },
      { ...read, revisionDate: '07/02/2032 06:18:00' },
    ];

    const { report, reads } = await readBytes(JSON.stringify({ esiid, registeredReads }), { receivedAt });

    expect(reads).toHaveLength(1);
    expect(report.rejectedRows).toMatchObject([{ reason: 'future-revision' }]);
  });

  test.each([
    [
      'daily',
      'ESIID,USAGE_DATE,REVISION_DATE,START_READING,END_READING,USAGE_KWH',
      [
        '07/01/2022,07/02/2022 06:18:00,1,2,1',
        '07/01/2022,07/02/2032 06:18:00,1,2,1',
        '07/05/2022,07/02/2022 06:18:00,1,2,1',
      ],
    ],
    [
      'monthly',
      'ESIID,START_DATE,END_DATE,REVISION_DATE,ACTUAL_KWH',
      [
        '06/01/2022,07/01/2022,07/02/2022 06:18:00,9',
        '06/01/2022,07/01/2022,07/02/2032 06:18:00,9',
        '06/01/2022,07/15/2022,07/02/2022 06:18:00,9',
      ],
    ],
  ])('no %s read of a later day or revision in a report', async (_, header, rows) => {
    const text = [header, ...rows.map((row) => `${esiid},${row}`), ''].join('\n');

    const { report, reads } = await readBytes(text, { receivedAt });

    expect(reads).toHaveLength(1);
    expect(report.counts).toMatchObject({ rowsRead: 3, invalidTimestamp: 2 });
    expect(report.rejectedRows).toMatchObject([{ reason: 'future-revision' }, { reason: 'future-date' }]);
  });
});
