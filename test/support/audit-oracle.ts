import { momentsOf } from './smt-meter.ts';

/** Thousandths of a kWh of each slot of some days; null for a reading that is not there. */
export type Days = ReadonlyMap<string, readonly (number | null)[]>;

export interface ExpectedDay {
  readonly date: string;
  readonly status: 'agrees' | 'differs' | 'incomplete' | 'missing' | 'unaudited';
  /** Thousandths of a kWh; null where there is nothing. */
  readonly intervalMilliKwh: number | null;
  readonly dailyMilliKwh: number | null;
  readonly intervals: number;
}

/** What the audit has to say of each day, by whole numbers alone: what is stored, against what SMT reports. */
export function expectedAudit(stored: Days, reported: ReadonlyMap<string, number>): ExpectedDay[] {
  const dates = new Set([...stored.keys(), ...reported.keys()]);
  return [...dates].sort().flatMap((date) => {
    const values = (stored.get(date) ?? []).filter((value) => value !== null);
    const dailyMilliKwh = reported.get(date) ?? null;
    if (values.length === 0 && dailyMilliKwh === null) return [];
    const intervalMilliKwh = values.length > 0 ? sum(values) : null;
    const isWhole = values.length === momentsOf(date).length;
    const status =
      dailyMilliKwh === null
        ? 'unaudited'
        : intervalMilliKwh === null
          ? 'missing'
          : !isWhole
            ? 'incomplete'
            : intervalMilliKwh === dailyMilliKwh
              ? 'agrees'
              : 'differs';
    return [{ date, status, intervalMilliKwh, dailyMilliKwh, intervals: values.length }];
  });
}

export function sum(values: readonly (number | null)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}
