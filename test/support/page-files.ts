import type { IntervalBlock } from '../../shared/intervals/block.ts';
import { clockDay } from '../../shared/intervals/clock.ts';
import { newBlock } from './rows.ts';
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

/** Pseudo-random, between 0 and 1, and the same each time. */
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

export const sixYearEsiid = '10443720000000061';

/**
 * Six years of a home with air conditioning, to September 12, 2025, as blocks: their file would take a slow machine a minute.
 * Missing: July 10 and 11, 2024, and ten o'clock to three on July 4, 2025. Estimated: a week of January 2025.
 */
export function sixYearBlocks(): IntervalBlock[] {
  const days = dates('2019-09-15', 2_190).filter((date) => date !== '2024-07-10' && date !== '2024-07-11');
  return days.map((usageDate, day) => {
    const dayOfYear = (Date.parse(usageDate) / 86_400_000) % 365.25;
    const summer =
      Math.max(0, Math.sin(((dayOfYear - 80) / 365) * 2 * Math.PI)) * (0.6 + 0.8 * noise(day, 3));
    const { slotCount } = clockDay(usageDate);
    const kwh = Array.from({ length: slotCount }, (_, slot) => {
      if (usageDate === '2025-07-04' && slot >= 40 && slot < 60) return null;
      const cooling = 600 * summer * Math.exp(-(((slot - 64) / 18) ** 2));
      return (Math.round(70 + 120 * noise(day, slot) + 0.6 * evening(slot) + cooling) / 1000).toFixed(3);
    });
    const isEstimated = usageDate >= '2025-01-06' && usageDate <= '2025-01-12';
    return newBlock({
      esiid: sixYearEsiid,
      usageDate,
      revisedAt: `${usageDate}T12:00:00Z`,
      kwh,
      estimated: isEstimated ? '1'.repeat(slotCount) : null,
    });
  });
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
