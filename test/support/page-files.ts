import { portal2025, writeFile } from './smt-dialects.ts';
import { dates, meterDay, momentsOf } from './smt-meter.ts';

/** Files to drop on the page. */

export const solarEsiid = '1008901000000000000042';
export const markup = '<img src=x onerror="window.attacked=1">';
const header =
  'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION';

/** A winter with a roof: import and export, both clock changes, Christmas missing, some days estimated. */
export function solarFile(): string {
  const days = dates('2024-10-01', 170).filter((date) => date !== '2024-12-24' && date !== '2024-12-25');
  const readings = days.flatMap((date, day) => {
    const quarterOf = (slot: number) => (momentsOf(date)[slot]?.wallMinutes ?? 0) / 15;
    return [
      ...meterDay({
        esiid: solarEsiid,
        date,
        milliKwh: (slot) => Math.round(110 + 90 * noise(day, slot) + evening(quarterOf(slot))),
        estimated: () => date >= '2025-01-06' && date <= '2025-01-12',
      }),
      ...meterDay({
        esiid: solarEsiid,
        date,
        channel: 'generation',
        milliKwh: (slot) => Math.round(sun(quarterOf(slot)) * (0.35 + 0.65 * noise(day, slot + 500))),
      }),
    ];
  });
  return writeFile(portal2025, readings);
}

/** Between 0 and 1, without a pattern to see, and the same each time. */
function noise(day: number, slot: number): number {
  const value = Math.sin(day * 127.1 + slot * 311.7) * 43_758.5453;
  return value - Math.floor(value);
}

function evening(quarter: number): number {
  return 520 * Math.exp(-(((quarter - 77) / 9) ** 2));
}

function sun(quarter: number): number {
  return quarter < 28 || quarter > 72 ? 0 : 900 * Math.sin(((quarter - 28) / 44) * Math.PI);
}

/** Good and bad rows, some of them with markup. */
export function partlyBadFile(): string {
  const about = '03/01/2024,03/02/2024 06:18:33';
  return [
    header,
    `'10443720000000076,${about},00:00,00:15,.145,A,Consumption`,
    `1.04437E+16,${about},00:15,00:30,.145,A,Consumption`,
    `'10443720000000076,${about},00:30,00:45,${markup},A,Consumption`,
    '',
  ].join('\n');
}

/** One day of an ESIID, to be uploaded quickly. */
export function smallFile(esiid: string, date = '2025-06-01'): string {
  return writeFile(portal2025, meterDay({ esiid, date }));
}
