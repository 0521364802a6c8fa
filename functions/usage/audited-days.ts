import type { Channel } from '../../shared/intervals/block.ts';
import type { Database } from '../../shared/storage/database.ts';
import { type AuditedDay, dayStatuses, readDayAudit } from '../../shared/storage/reads/read-audit.ts';
import type { DailyExtent } from '../../shared/storage/reads/read-daily-extent.ts';
import type { DayRange, DescribedDay } from '../../shared/usage/coverage.ts';
import { maxAuditRows } from './audit-schemas.ts';

/** A range of days with intervals, extended to those that SMT has daily reads of; null for an ESIID with neither. */
export function extendedByReads(known: DayRange | null, reads: readonly DailyExtent[]): DayRange | null {
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

/** Days that have a daily read, with their audit. */
export async function daysWithReads(
  database: Database,
  range: { readonly esiid: string; readonly from: string; readonly to: string },
): Promise<readonly AuditedDay[]> {
  const statuses = dayStatuses.filter((status) => status !== 'unaudited');
  return readDayAudit(database, { ...range, channel: null, statuses, limit: maxAuditRows });
}

/**
 * Adds to each day the audit of its intervals against its daily read; nulls where there is neither.
 * @param audited null when there is no audit, as of an earlier time
 */
export function withAudit(days: readonly DescribedDay[], audited: readonly AuditedDay[] | null) {
  const keyOf = (day: { readonly channel: Channel; readonly usage_date: string }) =>
    `${day.channel} ${day.usage_date}`;
  const audits = new Map(audited?.map((day) => [keyOf(day), day]));
  return days.map((day) => {
    const audit = audits.get(keyOf(day));
    const withoutRead = audited !== null && day.revisions > 0 ? ('unaudited' as const) : null;
    return {
      ...day,
      audit_status: audit?.status ?? withoutRead,
      daily_kwh: audit?.daily_kwh ?? null,
      difference_kwh: audit?.difference_kwh ?? null,
    };
  });
}
