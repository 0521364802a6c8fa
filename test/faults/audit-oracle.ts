import type { Client } from 'pg';
import { slotStartMs } from './days.ts';
import { type Intervals, intervalKey } from './oracle.ts';
import { meterDayOf, type PlannedRead } from './reads.ts';

/**
 * What the audit has to say of each day with a read, from the expected intervals and the reads that were loaded: the current read
 * is the greatest of revision and kWh.
 */
export function expectedAudit(
  intervals: Intervals,
  loaded: readonly PlannedRead[],
): ReadonlyMap<string, string> {
  const current = new Map<string, PlannedRead>();
  for (const read of loaded) {
    const held = current.get(meterDayOf(read));
    if (!held || isGreater(read, held)) current.set(meterDayOf(read), read);
  }
  return new Map([...current].map(([name, read]) => [name, statusOf(read, intervals)]));
}

function isGreater(a: PlannedRead, b: PlannedRead): boolean {
  return a.stampedAfterDays === b.stampedAfterDays
    ? a.milliKwh > b.milliKwh
    : a.stampedAfterDays > b.stampedAfterDays;
}

function statusOf({ esiid, channel, day, milliKwh }: PlannedRead, intervals: Intervals): string {
  const values = Array.from({ length: day.slotCount }, (_, slot) =>
    intervals.get(intervalKey(esiid, channel, slotStartMs(day, slot))),
  ).filter((value) => value !== undefined);
  if (values.length === 0) return 'missing';
  if (values.length < day.slotCount) return 'incomplete';
  const sum = values.reduce((total, value) => total + Number.parseInt(value, 10), 0);
  return sum === milliKwh ? 'agrees' : 'differs';
}

/** What the audit says of each day with a read. */
export async function listAudit(client: Client): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ name: string; status: string }>(`
    select esiid || ' ' || channel || ' ' || usage_date as name, status from smt_day_audit where status <> 'unaudited'`);
  return new Map(rows.map(({ name, status }) => [name, status]));
}
