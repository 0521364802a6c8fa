import { expect, test } from 'vitest';
import { esiid } from '../support/smt-meter.ts';
import { nonZero, readBytes } from '../support/smt-read.ts';

test.each([
  ['Generation kWh', 'ESIID,Timestamp,Consumption kWh,Generation kWh', `${esiid},2022-07-01 00:00,.1,.2`],
  ['Net Export', 'Net Export,ESIID,Timestamp,kWh', `.2,${esiid},2022-07-01 00:00,.1`],
  ['Usage (kWh)', 'ESIID,Usage Date,Start Time,kWh,Usage (kWh)', `${esiid},2022-07-01,00:00,.1,.2`],
  ['Surplus', 'ESIID;Date/Time;kWh;Surplus', `${esiid};2022-07-01 00:00;.1;.2`],
])('A second energy column without channels is rejected by its name: %s', async (name, header, row) => {
  const { report, blocks } = await readBytes(`${header}\n${row}`);

  expect(report).toMatchObject({ status: 'failed', errorCode: 'unknown-header' });
  expect(report.errorMessage).toContain(`"${name}"`);
  expect(blocks).toEqual([]);
});

test.each([
  ['a channel column', 'ESIID,Timestamp,kWh,Channel', 'Consumption'],
  ['a price', 'ESIID,Timestamp,kWh,Price per kWh', '0.12'],
  ['the day of the export', 'ESIID,Timestamp,kWh,Export Date', '2022-07-02'],
])('Not so beside %s, which is no energy', async (_, header, cell) => {
  const { report } = await readBytes(`${header}\n${esiid},2022-07-01 00:00,.1,${cell}`);

  expect(nonZero(report.counts)).toEqual({ rowsRead: 1, intervalsRead: 1 });
});
