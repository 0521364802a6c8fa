import { portal2022, writeFile } from './smt-dialects.ts';
import type { Reading } from './smt-meter.ts';

const header =
  'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_GENERATION';

function isoDate(date: string): string {
  const [month, day, year] = date.split('/');
  return `${year}-${month}-${day}`;
}

/** ` 000000000000007.980`: fifteen digits, a point, three digits, behind a blank. */
function paddedKwh(kwh: string): string {
  if (kwh === '') return '';
  const [whole = '', fraction = ''] = kwh.split('.');
  return ` ${whole.padStart(15, '0')}.${fraction.padEnd(3, '0')}`;
}

/** The CSV as it was in 2017: ISO dates, padded kWh, the channel under another name. */
export function csv2017(readings: readonly Reading[]): string {
  const [, ...lines] = writeFile(portal2022, readings).trimEnd().split('\n');
  const rows = lines.map((line) => {
    const [esiid = '', date = '', revision = '', start, end, kwh = '', flag, channel] = line.split(',');
    const [revisionDate = '', revisionTime] = revision.split(' ');
    const stamp = `${isoDate(revisionDate)} ${revisionTime}`;
    return [esiid.slice(1), isoDate(date), stamp, start, end, paddedKwh(kwh), flag, channel].join(',');
  });
  return `${[header, ...rows].join('\n')}\n`;
}
