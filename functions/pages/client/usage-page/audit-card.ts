import { el } from '../lib/dom.ts';
import { formatDate, plural } from '../lib/format.ts';
import { disclosedTable, type TableData, table } from '../lib/table.ts';
import { statusNames } from './audit-status.ts';
import { channelName } from './channels.ts';
import { card } from './chart-card.ts';
import { dayLink } from './tables.ts';
import type { Audit, AuditedDay } from './types.ts';

/** What the audit of a day means, in order of importance. */
const statusTexts: Readonly<Record<AuditedDay['status'], string>> = {
  differs: 'disputed: every interval is stored, and their sum is not SMT’s daily read',
  missing: 'missing: SMT has a daily read, and no interval is stored',
  incomplete: 'incomplete: SMT has a daily read, and intervals are missing',
  agrees: 'agrees with SMT’s daily read',
  unaudited: 'without a daily read to hold it against',
};

const maxShown = 100;

/** What SMT's own daily and monthly reads say of a range; null where there are no reads. */
export function auditCard(esiid: string, audit: Audit): HTMLElement | null {
  const { totals, days, periods, register_breaks: breaks } = audit;
  const audited = days.filter(({ status }) => status !== 'unaudited');
  if (audited.length === 0 && periods.length === 0) return null;
  const wrong = audited.filter(({ status }) => status !== 'agrees');
  const counts = (['agrees', 'differs', 'incomplete', 'missing', 'unaudited'] as const).flatMap((status) =>
    (totals[status] ?? 0) > 0 ? [countText(totals[status] ?? 0, status)] : [],
  );
  const periodTexts = periods.map(
    ({ start_date: start, end_date: end, status, billed_kwh: billed, interval_kwh: stored }) => [
      `${formatDate(start)} to ${formatDate(end)}`,
      status,
      billed,
      stored ?? '–',
    ],
  );
  return card(
    'SMT’s own reads',
    counts.join(', '),
    wrong.length === 0
      ? el('p', { class: 'muted' }, 'No day disagrees with SMT’s daily reads.')
      : table('Days that disagree', daysTable(esiid, wrong.slice(0, maxShown))),
    ...(periods.length === 0
      ? []
      : [
          disclosedTable(plural(periods.length, 'billing period'), () => ({
            heads: ['Period', 'Audit', 'Billed kWh', 'Intervals kWh'],
            rows: periodTexts,
          })),
        ]),
    ...breaks.map(({ usage_date: date, channel }) =>
      el(
        'p',
        { class: 'small' },
        `The register of ${channelName(channel)} jumped after ${formatDate(date)}: the meter was exchanged.`,
      ),
    ),
  );
}

function countText(count: number, status: AuditedDay['status']): string {
  return `${plural(count, 'day')} ${status === 'agrees' && count !== 1 ? 'agree' : statusNames[status]}`;
}

function daysTable(esiid: string, days: readonly AuditedDay[]): TableData {
  return {
    heads: ['Day', 'Channel', 'Audit', 'Intervals kWh', 'Daily read kWh', 'Difference'],
    rows: days.map((day) => [
      dayLink(esiid, day.usage_date),
      channelName(day.channel),
      statusNames[day.status],
      day.interval_kwh ?? '–',
      day.daily_kwh ?? '–',
      day.difference_kwh ?? '–',
    ]),
  };
}

/** A day's audit in sentences; empty where nothing is known. */
export function auditSentences({ days }: Audit): string[] {
  return days
    .filter(({ status }) => status !== 'unaudited')
    .map(({ channel, status, interval_kwh: stored, daily_kwh: read }) => {
      const sums = `intervals ${stored ?? 'none'} kWh, read ${read ?? 'none'} kWh`;
      return `${channelName(channel)}: ${statusTexts[status]} (${sums}).`;
    });
}
