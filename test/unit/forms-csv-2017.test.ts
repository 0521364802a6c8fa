import { expect, test } from 'vitest';
import { csv2017 } from '../support/form-csv-2017.ts';
import { portal2022, writeFile } from '../support/smt-dialects.ts';
import { addDays, meterDay, type Reading } from '../support/smt-meter.ts';
import { readBytes } from '../support/smt-read.ts';

const readings: readonly Reading[] = ['2017-07-01', '2017-03-12', '2017-11-05'].flatMap((date) => [
  ...meterDay({ date, milliKwh: (slot) => (slot === 20 ? null : slot * 83), estimated: (slot) => slot > 90 }),
  ...meterDay({ date, channel: 'generation', revision: `${addDays(date, 2)} 07:41` }),
]);

test('The CSV of 2017 gives the very blocks of the later ones', async () => {
  const now = await readBytes(writeFile(portal2022, readings));

  const then = await readBytes(csv2017(readings));

  expect(then.report.rejectedRows).toEqual([]);
  expect(then.blocks).toEqual(now.blocks);
  expect(then.report.counts).toEqual(now.report.counts);
  expect(then.report.selfContained).toBe(true);
});
