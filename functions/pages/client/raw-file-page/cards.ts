import { el } from '../lib/dom.ts';
import { formatBytes, formatCount, formatDate, formatInstant, plural } from '../lib/format.ts';
import { type RawFileDetail, rawFileUrl, statusBadge } from '../lib/raw-files.ts';
import { table } from '../lib/table.ts';

type File = RawFileDetail['file'];

/** Cards of a file's page; those without content are null. */

export function rejectedCard({ rejected_rows: rows, file }: RawFileDetail): HTMLElement | null {
  if (rows.length === 0) return null;
  const isArchive = file.members.length > 1;
  const heads = ['Line', 'Reason', ...(isArchive ? ['Member'] : []), 'Row'];
  return card(
    'Rejected rows',
    rows.length === 100 ? 'The first hundred; the counts are complete.' : 'As they are in the file.',
    table('Rejected rows', {
      heads,
      rows: rows.map(({ line_number, reason, member, row_text }) => [
        formatCount(line_number),
        reasonNames[reason] ?? reason,
        ...(isArchive ? [member ?? ''] : []),
        el('span', { class: 'mono row-text' }, row_text),
      ]),
    }),
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
    table('Days it changed', {
      heads: ['ESIID', 'Days', 'From', 'To', ''],
      rows: changes.map(({ esiid, days, first_date: from, last_date: to }) => [
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
    }),
  );
}

export function membersCard({ members, member_count: count }: File): HTMLElement | null {
  if (members.length < 2) return null;
  return card(
    'Members of the archive',
    count > members.length
      ? `${plural(count, 'file')}, the first ${formatCount(members.length)} shown`
      : plural(count, 'file'),
    table('Members', {
      heads: ['Name', 'Kind', 'Rows', 'Intervals', 'Outcome'],
      rows: members.map(({ name, kind, counts, error_message: problem }) => [
        name,
        kind,
        formatCount(counts.rows_read ?? 0),
        formatCount(counts.intervals_read ?? 0),
        problem ??
          (Object.values(counts).some((count) => count > 0) ? 'loaded' : 'ignored: nothing to load in it'),
      ]),
    }),
  );
}

/** Where the data of a duplicate are. */
export function originalCard({ duplicate_of: original }: File): HTMLElement | null {
  if (original === null) return null;
  return card(
    'The original',
    '',
    el(
      'p',
      {},
      'These bytes were loaded from ',
      el('a', { href: rawFileUrl(original) }, `file #${original}`),
      '.',
    ),
  );
}

export function copiesCard({ copies }: RawFileDetail): HTMLElement | null {
  if (copies.length === 0) return null;
  return card(
    'Same bytes',
    plural(copies.length, 'other file'),
    table('Copies', {
      heads: ['File', 'Source', 'Received', 'Status'],
      rows: copies.map(({ id, filename, source, received_at: receivedAt, status }) => [
        el('a', { href: rawFileUrl(id) }, `#${id} ${filename}`),
        source,
        formatInstant(receivedAt),
        statusBadge(status),
      ]),
    }),
  );
}

export function detailsCard(file: File): HTMLElement {
  const span =
    file.interval_min_at && file.interval_max_at
      ? `${formatInstant(file.interval_min_at)} – ${formatInstant(file.interval_max_at)}`
      : null;
  const details: readonly (readonly [string, string | null, boolean?])[] = [
    ['File', `#${file.id}`],
    ['Source', file.source],
    [
      'Size',
      `${file.size_bytes < 1000 ? '' : `${formatBytes(file.size_bytes)}, `}${plural(file.size_bytes, 'byte')}`,
    ],
    ['Intervals', span],
    ['ESIID hint', file.esiid, true],
    ['Attempts', formatCount(file.attempts)],
    ['Type', file.content_type],
    ['SHA-256', file.sha256, true],
    ['Object', `${file.bucket}/${file.object_key}`, true],
    ['Version', file.version_id, true],
  ];
  const known = details.filter(([, value]) => value !== null);
  return card(
    'Details',
    '',
    el(
      'dl',
      { class: 'details' },
      ...known.flatMap(([name, value, isCode]) => [
        el('dt', {}, name),
        el('dd', { class: isCode ? 'mono' : '' }, value ?? ''),
      ]),
    ),
  );
}

function card(title: string, note: string, content: HTMLElement): HTMLElement {
  return el(
    'section',
    { class: 'card', 'aria-label': title },
    el('div', { class: 'card-head' }, el('h2', {}, title), note !== '' && el('p', {}, note)),
    content,
  );
}
