import type { Channel } from '../../shared/intervals/block.ts';
import { addDays, esiid, kwhText } from './smt-meter.ts';

/** A row of SMT's report of daily reads; readings and energy in thousandths of a kWh, null for a blank. */
export interface DailyRow {
  readonly esiid?: string;
  readonly date: string;
  /** Civil time in Texas; default the next morning. */
  readonly revision?: string;
  readonly start?: number | null;
  readonly end?: number | null;
  readonly milliKwh: number | null;
  /** With it, every row of the file has a channel column. */
  readonly channel?: Channel;
}

/** A row of SMT's report of billed periods. */
export interface MonthlyRow {
  readonly esiid?: string;
  readonly start: string;
  readonly end: string;
  readonly revision?: string;
  readonly kwh: string;
}

export const dailyHeader = 'ESIID,USAGE_DATE,REVISION_DATE,START_READING,END_READING,USAGE_KWH';
export const monthlyHeader =
  'ESIID,Start date,End date,Actual kWh,Metered KW,Metered KVA,Billed KW,Billed KVA,REV_TS';

/** `2022-03-01` → `03/01/2022` */
function usDate(date: string): string {
  return `${date.slice(5, 7)}/${date.slice(8)}/${date.slice(0, 4)}`;
}

function stamp(revision: string): string {
  return `${usDate(revision.slice(0, 10))} ${revision.slice(11)}:00`;
}

const number = (milli: number | null | undefined): string => (milli == null ? '' : kwhText(milli));

export function dailyCsv(rows: readonly DailyRow[]): Buffer {
  const hasChannel = rows.some(({ channel }) => channel !== undefined);
  const lines = rows.map((row) => {
    const revision = stamp(row.revision ?? `${addDays(row.date, 1)} 07:35`);
    const values = [number(row.start), number(row.end), number(row.milliKwh)].join(',');
    const channel = row.channel === 'generation' ? 'Surplus Generation' : 'Consumption';
    return `'${row.esiid ?? esiid},${usDate(row.date)},${revision},${values}${hasChannel ? `,${channel}` : ''}`;
  });
  const header = hasChannel ? `${dailyHeader},CONSUMPTION_SURPLUSGENERATION` : dailyHeader;
  return Buffer.from(`${[header, ...lines].join('\n')}\n`);
}

export function monthlyCsv(rows: readonly MonthlyRow[]): Buffer {
  const lines = rows.map((row) => {
    const revision = stamp(row.revision ?? `${addDays(row.end, 1)} 09:52`);
    return `'${row.esiid ?? esiid},${usDate(row.start)},${usDate(row.end)},${row.kwh},0,0,0,0,${revision}`;
  });
  return Buffer.from(`${[monthlyHeader, ...lines].join('\n')}\n`);
}
