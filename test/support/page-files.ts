import { portal2025, writeFile } from './smt-dialects.ts';
import { dates, meterDay } from './smt-meter.ts';

/** Files to drop on the page. */

export const solarEsiid = '1008901000000000000042';
export const markup = '<img src=x onerror="window.attacked=1">';
const header =
  'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION';

/** A winter with a roof: import and export, both clock changes, Christmas missing, some days estimated. */
export function solarFile(): string {
  const days = dates('2024-10-01', 170).filter((date) => date !== '2024-12-24' && date !== '2024-12-25');
  const readings = days.flatMap((date, day) => [
    ...meterDay({
      esiid: solarEsiid,
      date,
      milliKwh: (slot) => 110 + ((slot * 37 + day * 11) % 60) + evening(slot),
      estimated: () => date >= '2025-01-06' && date <= '2025-01-12',
    }),
    ...meterDay({ esiid: solarEsiid, date, channel: 'generation', milliKwh: (slot) => sun(slot, day) }),
  ]);
  return writeFile(portal2025, readings);
}

function evening(slot: number): number {
  return Math.round(520 * Math.exp(-(((slot - 77) / 9) ** 2)));
}

function sun(slot: number, day: number): number {
  if (slot < 28 || slot > 72) return 0;
  const cloud = 0.4 + ((day * 29 + slot * 3) % 60) / 100;
  return Math.round(900 * Math.sin(((slot - 28) / 44) * Math.PI) * cloud);
}

/** Good and bad rows, some of them with markup. */
export function partlyBadFile(): string {
  const about = '03/01/2024,03/02/2024 06:18:33';
  return [
    header,
    `'${solarEsiid},${about},00:00,00:15,.145,A,Consumption`,
    `1.04437E+16,${about},00:15,00:30,.145,A,Consumption`,
    `'${solarEsiid},${about},00:30,00:45,${markup},A,Consumption`,
    '',
  ].join('\n');
}

/** One day of an ESIID, to be uploaded quickly. */
export function smallFile(esiid: string, date = '2025-06-01'): string {
  return writeFile(portal2025, meterDay({ esiid, date }));
}
