import type { Database } from '../../shared/storage/database.ts';
import { dayStatuses, readDayAudit } from '../../shared/storage/reads/read-audit.ts';
import { readDailyExtent } from '../../shared/storage/reads/read-daily-extent.ts';
import type { DayRange, DescribedDay } from '../../shared/usage/coverage.ts';
import { maxAuditRows } from './audit-schemas.ts';

/** A range of days with intervals, extended to those that SMT has daily reads of; null for an ESIID with neither. */
export async function extendedByReads(
  database: Database,
  esiid: string,
  known: DayRange | null,
): Promise<DayRange | null> {
  const reads = await readDailyExtent(database, esiid);
  if (reads.length === 0) return known;
  const firstDates = [...reads.map(({ firstDate }) => firstDate), ...(known ? [known.from] : [])];
  const lastDates = [...reads.map(({ lastDate }) => lastDate), ...(known ? [known.to] : [])];
  const channels = new Set([...(known?.channels ?? []), ...reads.map(({ channel }) => channel)]);
  return {
    from: firstDates.sort()[0] ?? '',
    to: lastDates.sort().at(-1) ?? '',
    channels: [...channels].sort(),
  };
}

/**
 * Adds to each day the audit of its intervals against its daily read; nulls where there is neither.
 * @param range the ESIID and days to audit; null for none
 */
export async function withAudit(
  database: Database,
  range: { readonly esiid: string; readonly from: string; readonly to: string } | null,
  days: readonly DescribedDay[],
) {
  const query = range && { ...range, channel: null, statuses: dayStatuses, limit: maxAuditRows };
  const found = query === null ? [] : await readDayAudit(database, query);
  const audited = new Map(found.map((day) => [`${day.channel} ${day.usage_date}`, day]));
  return days.map((day) => {
    const audit = audited.get(`${day.channel} ${day.usage_date}`);
    return {
      ...day,
      audit_status: audit?.status ?? null,
      daily_kwh: audit?.daily_kwh ?? null,
      difference_kwh: audit?.difference_kwh ?? null,
    };
  });
}
