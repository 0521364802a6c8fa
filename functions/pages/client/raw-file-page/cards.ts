import { el } from '../lib/dom.ts';
import { formatBytes, formatCount, formatDate, formatInstant, plural } from '../lib/format.ts';
import { type RawFileDetail, rawFileUrl, statusBadge } from '../lib/raw-files.ts';

type File = RawFileDetail['file'];

/** Cards of a file's page; those with nothing to say are null. */

export function rejectedCard({ rejected_rows: rows, file }: RawFileDetail): HTMLElement | null {
  if (rows.length === 0) return null;
  const isArchive = file.members.length > 1;
  const heads = ['Line', 'Reason', ...(isArchive ? ['Member'] : []), 'Row'];
  return card(
    'Rejected rows',
    rows.length === 100 ? 'The first hundred; the counts are complete.' : 'As they stood in the file.',
    table(
      heads,
      rows.map(({ line_number, reason, member, row_text }) => [
        formatCount(line_number),
        reasonNames[reason] ?? reason,
        ...(isArchive ? [member ?? ''] : []),
        el('span', { class: 'mono row-text' }, row_text),
      ]),
    ),
  );
}

const reasonNames: Readonly<Record<string, string>> = {
  'invalid-esiid': 'ESIID',
  'invalid-timestamp': 'date or time',
  'invalid-kwh': 'kWh',
  'invalid-row': 'row unreadable',
};

export function changesCard({ changes, file }: RawFileDetail): HTMLElement | null {
  if (changes.length === 0) return null;
  const more =
    file.esiid_count > changes.length ? ` of ${plural(file.esiid_count, 'meter')} in the file` : '';
  return card(
    'Days it changed',
    `${plural(changes.length, 'meter')}${more}`,
    table(
      ['ESIID', 'Days', 'From', 'To', ''],
      changes.map(({ esiid, days, first_date: from, last_date: to }) => [
        el('span', { class: 'mono' }, esiid),
        formatCount(days),
        formatDate(from),
        formatDate(to),
        el(
          'a',
          { href: `/usage?${new URLSearchParams({ esiid, from, to })}`, 'aria-label': `Usage of ${esiid}` },
          'Usage',
        ),
      ]),
    ),
  );
}

export function membersCard({ members }: File): HTMLElement | null {
  if (members.length < 2) return null;
  return card(
    'Members of the archive',
    plural(members.length, 'file'),
    table(
      ['Name', 'Kind', 'Rows', 'Intervals', 'Problem'],
      members.map(({ name, kind, counts, error_message: problem }) => [
        name,
        kind,
        formatCount(counts.rows_read ?? 0),
        formatCount(counts.intervals_read ?? 0),
        problem ?? '–',
      ]),
    ),
  );
}

export function copiesCard({ copies }: RawFileDetail): HTMLElement | null {
  if (copies.length === 0) return null;
  return card(
    'Same bytes',
    plural(copies.length, 'other file'),
    table(
      ['File', 'Source', 'Received', 'Status'],
      copies.map(({ id, filename, source, received_at: receivedAt, status }) => [
        el('a', { href: rawFileUrl(id) }, `#${id} ${filename}`),
        source,
        formatInstant(receivedAt),
        statusBadge(status),
      ]),
    ),
  );
}

export function factsCard(file: File): HTMLElement {
  const span =
    file.interval_min_at && file.interval_max_at
      ? `${formatInstant(file.interval_min_at)} – ${formatInstant(file.interval_max_at)}`
      : null;
  const facts: readonly (readonly [string, string | null, boolean?])[] = [
    ['File', `#${file.id}`],
    ['Source', file.source],
    ['Size', `${formatBytes(file.size_bytes)} (${plural(file.size_bytes, 'byte')})`],
    ['Intervals', span],
    ['ESIID hint', file.esiid, true],
    ['Attempts', formatCount(file.attempts)],
    ['Type', file.content_type],
    ['SHA-256', file.sha256, true],
    ['Object', `${file.bucket}/${file.object_key}`, true],
    ['Version', file.version_id, true],
  ];
  const known = facts.filter(([, value]) => value !== null);
  return card(
    'Facts',
    '',
    el(
      'dl',
      { class: 'facts' },
      ...known.flatMap(([name, value, isCode]) => [
        el('dt', {}, name),
        el('dd', { class: isCode ? 'mono' : '' }, value ?? ''),
      ]),
    ),
  );
}

function card(title: string, note: string, content: HTMLElement): HTMLElement {
  const heading = el('h2', {}, title);
  return el(
    'section',
    { class: 'card', 'aria-label': title },
    el('div', { class: 'card-head' }, heading, note !== '' && el('p', {}, note)),
    content,
  );
}

/** A table that scrolls sideways when there is no room, by keyboard too. */
function table(heads: readonly string[], rows: readonly (readonly (string | HTMLElement)[])[]): HTMLElement {
  const header = heads.map((head) => (head === '' ? el('td') : el('th', { scope: 'col' }, head)));
  return el(
    'div',
    { class: 'table-wrap', tabindex: 0, role: 'group', 'aria-label': 'Table' },
    el(
      'table',
      {},
      el('thead', {}, el('tr', {}, ...header)),
      el('tbody', {}, ...rows.map((cells) => el('tr', {}, ...cells.map((cell) => el('td', {}, cell))))),
    ),
  );
}
