import { el } from '../lib/dom.ts';
import { formatDate, plural } from '../lib/format.ts';
import type { RawFileDetail } from '../lib/raw-files.ts';

type Disagreement = RawFileDetail['audit']['disagreements'][number];

const statusNames = {
  agrees: 'confirmed',
  differs: 'contradicted',
  incomplete: 'incomplete',
  missing: 'without intervals',
  unaudited: 'without a read',
} as const;

/** The order of the counts: what is wrong first. */
const statuses = ['differs', 'missing', 'incomplete', 'agrees', 'unaudited'] as const;

/** What SMT's own daily and monthly reads say of the file's days; null where there are no reads. */
export function auditCard({ audit }: RawFileDetail): HTMLElement | null {
  const { days, periods, disagreements } = audit;
  const counts = [...line('day', days), ...line('billing period', periods)];
  if (counts.length === 0) return null;
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'audit-title' },
    el(
      'div',
      { class: 'card-head' },
      el('h2', { id: 'audit-title' }, 'What SMT’s reads say'),
      el('p', {}, counts.join(' · ')),
    ),
    disagreements.length > 0 && disagreementTable(disagreements),
  );
}

/** `1 day contradicted, 272 days confirmed`. */
function line(what: string, counts: Readonly<Partial<Record<keyof typeof statusNames, number>>>): string[] {
  const named = statuses.flatMap((status) => {
    const count = counts[status] ?? 0;
    return count > 0 ? [`${plural(count, what)} ${statusNames[status]}`] : [];
  });
  return named.length > 0 ? [named.join(', ')] : [];
}

function disagreementTable(disagreements: readonly Disagreement[]): HTMLElement {
  const heads = ['ESIID', 'Day', 'Status', 'Intervals, kWh', 'Daily read, kWh', 'Difference', ''];
  const rows = disagreements.map(({ esiid, usage_date: date, status, ...day }) => [
    el('span', { class: 'mono' }, esiid),
    formatDate(date),
    statusNames[status],
    day.interval_kwh ?? '–',
    day.daily_kwh ?? '–',
    day.difference_kwh ?? '–',
    el(
      'a',
      {
        href: `/usage?${new URLSearchParams({ esiid, from: date, to: date })}`,
        'aria-label': `Usage on ${date}`,
      },
      'Usage',
    ),
  ]);
  return el(
    'div',
    { class: 'table-wrap', tabindex: '0' },
    el(
      'table',
      {},
      el('thead', {}, el('tr', {}, ...heads.map((head) => el('th', { scope: 'col' }, head)))),
      el('tbody', {}, ...rows.map((cells) => el('tr', {}, ...cells.map((cell) => el('td', {}, cell))))),
    ),
  );
}
