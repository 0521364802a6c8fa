import { parseDecimal } from '../../../../shared/usage/decimal.ts';
import type { Channel, ProfileHour } from './types.ts';

/** Number of 15-minute intervals in a complete hour. */
const intervalsPerHour = 4;

export type DayKind = 'weekdays' | 'weekends';

/** Energy of some hours, and over how many intervals it was measured. */
interface Energy {
  readonly units: bigint;
  readonly intervals: number;
}

/** The mean power in kW of each hour of the clock, null where nothing is stored. */
export function hourlyMeans(
  rows: readonly ProfileHour[],
  isMeant: (row: ProfileHour) => boolean,
): readonly (number | null)[] {
  return Array.from({ length: 24 }, (_, hour) =>
    meanKw(energyOf(rows.filter((row) => row.hour === hour && isMeant(row)))),
  );
}

export function energyOf(rows: readonly ProfileHour[]): Energy {
  return rows.reduce(
    (sum, { kwh, intervals }) => ({
      units: sum.units + parseDecimal(kwh),
      intervals: sum.intervals + intervals,
    }),
    { units: 0n, intervals: 0 },
  );
}

function meanKw({ units, intervals }: Energy): number | null {
  return intervals === 0 ? null : Number(units) / 100_000 / (intervals / intervalsPerHour);
}

export function isOfKind(row: ProfileHour, kind: DayKind): boolean {
  return row.weekend === (kind === 'weekends');
}

export function channelsOf(rows: readonly ProfileHour[]): readonly Channel[] {
  return (['consumption', 'generation'] as const).filter((channel) =>
    rows.some((row) => row.channel === channel),
  );
}

/** Hours of the clock on some days of the week. A window whose end is not after its start passes midnight. */
export interface HourWindow {
  readonly first: number;
  /** Excluded; 24 for midnight. */
  readonly end: number;
  readonly days: DayKind | 'all';
}

/** A window as the URL has it: `13-19`, `20-6-weekdays`. @returns null for any other text */
export function parseHours(text: string | null): HourWindow | null {
  const match = /^(\d{1,2})-(\d{1,2})(?:-(weekdays|weekends))?$/.exec(text ?? '');
  const first = Number(match?.[1]);
  const end = Number(match?.[2]);
  if (!match || first > 23 || end > 24 || first === end) return null;
  return { first, end, days: (match[3] as DayKind | undefined) ?? 'all' };
}

export function hoursText({ first, end, days }: HourWindow): string {
  return days === 'all' ? `${first}-${end}` : `${first}-${end}-${days}`;
}

/** Whether an hour of the clock lies within a window. */
export function isWithin({ first, end, days }: HourWindow, row: ProfileHour): boolean {
  const isHour = first < end ? row.hour >= first && row.hour < end : row.hour >= first || row.hour < end;
  return isHour && (days === 'all' || isOfKind(row, days));
}
