import { el } from '../lib/dom.ts';
import { formatAge, formatCount, formatDate, plural } from '../lib/format.ts';
import { rawFileUrl, type Status, statusBadge } from '../lib/raw-files.ts';
import { table } from '../lib/table.ts';
import { fileTable } from '../raw-files-page/file-table.ts';
import type { SystemStatus } from './status.ts';

/** Cards of the overview; those without content are null. */

export function latestCard({ latest }: SystemStatus): HTMLElement {
  const files = latest.length > 0 ? fileTable(latest) : el('p', { class: 'muted' }, 'No file has come yet.');
  return card('The last files', files, el('a', { href: '/admin/smt/raw' }, 'All files'));
}

export function failedCard({ failed }: SystemStatus): HTMLElement | null {
  if (failed.count === 0) return null;
  const rows = failed.files.map(({ id, filename, error_code: code, resolve }) => [
    el('a', { href: rawFileUrl(id) }, filename || '(no name)'),
    el('span', { class: 'mono' }, code ?? ''),
    resolve ?? '',
  ]);
  return card(
    'Failed, and what to do',
    table('Failed files', { heads: ['File', 'Code', 'What to do'], rows }, 'wrap'),
    el('a', { href: '/admin/smt/raw?status=failed' }, plural(failed.count, 'file')),
  );
}

export function ageCard({ data, sweep, audit, pending }: SystemStatus): HTMLElement {
  const { newest_usage_date: newest, age_days: age, last_loaded_at: loadedAt } = data;
  const meters = `${formatCount(data.active_esiids)} with intervals in 30 days${data.is_sample ? ', of a sample' : ''}`;
  const entries: readonly (readonly [string, string | HTMLElement])[] = [
    ['Newest day stored', newest ? `${formatDate(newest)}, ${plural(age ?? 0, 'day')} ago` : 'none'],
    ['Loaded', loadedAt ? formatAge(loadedAt) : 'never'],
    ['ESIIDs', meters],
    ['Dormant ESIIDs', data.dormant_esiids === 0 ? 'none' : dormant(data)],
    ['Oldest pending file', pending.oldest ? oldest(pending.oldest) : 'none'],
    ['Days that differ', `${formatCount(audit.days_differing)} noticed since yesterday`],
    ['Days without intervals', `${formatCount(audit.days_missing)} noticed since yesterday`],
    ['Last sweep', sweep.completed_at ? formatAge(sweep.completed_at) : 'none yet'],
  ];
  const list = entries.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]);
  return card('How old is the data?', el('dl', { class: 'details' }, ...list));
}

function dormant({ dormant_esiids: count, first_dormant: first }: SystemStatus['data']): HTMLElement {
  const links = first
    .slice(0, 5)
    .map(({ esiid, newest_usage_date: newest }) =>
      el(
        'div',
        {},
        el('a', { class: 'mono', href: `/usage?${new URLSearchParams({ esiid })}` }, esiid),
        ` since ${formatDate(newest)}`,
      ),
    );
  return el('div', {}, formatCount(count), ...links);
}

function oldest({ id, filename, since }: NonNullable<SystemStatus['pending']['oldest']>): HTMLElement {
  return el('span', {}, el('a', { href: rawFileUrl(id) }, filename || '(no name)'), `, ${formatAge(since)}`);
}

export function todayCard({ today }: SystemStatus): HTMLElement {
  const rows = Object.entries(today).map(([status, files]) =>
    el(
      'div',
      {},
      el(
        'dt',
        {},
        el('a', { href: `/admin/smt/raw?${new URLSearchParams({ status })}` }, statusBadge(status as Status)),
      ),
      el('dd', {}, formatCount(files)),
    ),
  );
  const nothing = el('p', { class: 'muted' }, 'No file has come today.');
  return card(
    'Files received today, in Texas',
    rows.length > 0 ? el('dl', { class: 'tally' }, ...rows) : nothing,
  );
}

export function sourcesCard({ sources }: SystemStatus): HTMLElement {
  const rows = sources.map(({ source, last_received_at: last, is_daily: isDaily, is_late: isLate }) => [
    source,
    formatAge(last),
    isLate ? 'late' : isDaily ? 'most days' : 'now and then',
  ]);
  const heads = ['Source', 'Last file', 'Brings data'];
  return card('Sources', table('Sources', { heads, rows }, 'wrap'));
}

/** What each sync that delivers the files of a folder did last. */
export function syncsCard({ sync_runs: runs }: SystemStatus): HTMLElement | null {
  if (runs.length === 0) return null;
  const rows = runs.map((run) => [
    run.source,
    formatAge(run.reported_at),
    run.error_code
      ? el('span', {}, 'failed: ', el('span', { class: 'mono' }, run.error_code))
      : `${plural(run.files_listed ?? 0, 'file')} found, ${formatCount(run.files_delivered)} delivered${run.files_failed > 0 ? `, ${formatCount(run.files_failed)} failed` : ''}`,
    run.newest_modified_at
      ? formatAge(run.newest_modified_at)
      : run.files_listed === null
        ? 'unknown'
        : 'none',
  ]);
  const heads = ['Source', 'Last run', 'Result', 'Newest file there'];
  return card('Syncs', table('Syncs', { heads, rows }, 'wrap'));
}

function card(title: string, content: HTMLElement, note?: HTMLElement): HTMLElement {
  return el(
    'section',
    { class: 'card', 'aria-label': title },
    el('div', { class: 'card-head' }, el('h2', {}, title), note),
    content,
  );
}
