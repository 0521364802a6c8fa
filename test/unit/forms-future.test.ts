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
});
