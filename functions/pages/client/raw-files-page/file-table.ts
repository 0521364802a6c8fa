import { el } from '../lib/dom.ts';
import { formatAge, formatBytes, formatCount, formatInstant, formatLocalDay, plural } from '../lib/format.ts';
import { type ListedRawFile, outcomeOf, rawFileUrl, statusBadge, usageUrlOf } from '../lib/raw-files.ts';

/** The listed files: what they are, when they came, which days they hold, and how loading them ended. */
export function fileTable(files: readonly ListedRawFile[]): HTMLElement {
  const heads = ['File', 'Received', 'Data', 'Status', 'Intervals', 'Rejected'];
  const header = heads.map((head, index) =>
    el('th', { scope: 'col', class: index > 3 ? 'number' : '' }, head),
  );
  return el(
    'table',
    { class: 'files' },
    el('caption', { class: 'visually-hidden' }, 'Raw files'),
    el('thead', {}, el('tr', {}, ...header)),
    el('tbody', {}, ...files.map(row)),
  );
}

function row(file: ListedRawFile): HTMLElement {
  const received = el(
    'time',
    { datetime: file.received_at, title: formatInstant(file.received_at) },
    formatAge(file.received_at),
  );
  const isPartlyNew = file.intervals_inserted !== file.intervals_read;
  const news = isPartlyNew ? ` (${formatCount(file.intervals_inserted)} new)` : '';
  return el(
    'tr',
    {},
    el('td', { class: 'cell-file' }, ...description(file)),
    el('td', { class: 'cell-received' }, received),
    el('td', { class: 'cell-data' }, ...period(file)),
    el('td', {}, statusBadge(file.status)),
    el(
      'td',
      { class: 'number', 'data-label': 'Intervals' },
      formatCount(file.intervals_read),
      el('span', { class: 'muted small' }, news),
    ),
    el('td', { class: 'number', 'data-label': 'Rejected' }, formatCount(file.rejected_rows)),
  );
}

function description(file: ListedRawFile): HTMLElement[] {
  const { id, filename, source, size_bytes: sizeBytes, status, ignored_members: ignored } = file;
  const parts = [`#${id}`, source, formatBytes(sizeBytes)];
  if (ignored > 0 && status !== 'ignored') parts.push(`${plural(ignored, 'member')} ignored`);
  const lines = [
    el('a', { class: 'file-name', href: rawFileUrl(id) }, filename || '(no name)'),
    el('span', { class: 'muted small' }, parts.join(' · ')),
  ];
  if (status === 'failed' || status === 'ignored' || status === 'duplicate') {
    lines.push(el('span', { class: 'file-reason' }, outcomeOf(file)));
  }
  return lines;
}

/** The days that the file holds, linked to their usage. Those of a duplicate are its original's. */
function period(file: ListedRawFile): (HTMLElement | string)[] {
  const { interval_min_at: first, interval_max_at: last } = file;
  const href = usageUrlOf(file);
  const days = first && last ? `${formatLocalDay(first)} to ${formatLocalDay(last)}` : '';
  if (href === null) return [days];
  return [el('a', { href, title: 'Usage in this file' }, days || 'Usage')];
}
