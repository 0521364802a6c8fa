import { callApi } from '../lib/api.ts';
import { announce, byId, el } from '../lib/dom.ts';
import { formatAge, formatBytes, formatCount, formatInstant, plural } from '../lib/format.ts';
import { emptyState, failureNotice, skeleton } from '../lib/page.ts';
import { isUnderWay, type ListedRawFile, type RawFiles, rawFileUrl, statusBadge } from '../lib/raw-files.ts';

/** While a listed file is on its way, the list looks again this often. */
const refreshMs = 4_000;
const pageSize = 50;

/** The list of all files. Its filters stand in the address, so that a list can be sent to someone. */
export function startList(): { refresh(): void } {
  const place = byId('list', HTMLElement);
  const more = byId('more', HTMLButtonElement);
  const form = byId('filters', HTMLFormElement);
  let current = new AbortController();
  let shown: ListedRawFile[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  for (const [name, value] of new URLSearchParams(location.search)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = value;
  }

  async function load(cursor?: string): Promise<void> {
    current.abort();
    current = new AbortController();
    const { signal } = current;
    const query = { ...filtersOf(form), cursor, limit: String(pageSize) };
    try {
      const answer = await callApi<RawFiles>('/api/admin/smt/raw-files', { query, signal });
      if (signal.aborted) return;
      shown = cursor === undefined ? answer.files : [...shown, ...answer.files];
      render(answer.next_cursor);
    } catch (error) {
      if (!signal.aborted) place.replaceChildren(failureNotice(error, reload));
    }
  }

  function render(nextCursor: string | null): void {
    const isFiltered = Object.keys(filtersOf(form)).length > 0;
    place.replaceChildren(shown.length > 0 ? table(shown) : nothing(isFiltered));
    more.hidden = nextCursor === null;
    more.onclick = () => void load(nextCursor ?? undefined);
    clearTimeout(timer);
    // Someone who has paged further is not thrown back to the first page.
    const canRefresh = shown.length <= pageSize && shown.some(({ status }) => isUnderWay(status));
    if (canRefresh) timer = setTimeout(() => void load(), refreshMs);
  }

  function reload(): void {
    place.replaceChildren(skeleton(5));
    more.hidden = true;
    void load();
  }

  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', () => {
    const parameters = new URLSearchParams(filtersOf(form));
    history.replaceState(null, '', parameters.size > 0 ? `?${parameters}` : location.pathname);
    clearTimeout(timer);
    timer = setTimeout(() => void load().then(() => announce(`${plural(shown.length, 'file')} listed`)), 250);
  });
  byId('refresh', HTMLButtonElement).addEventListener('click', reload);
  reload();
  return { refresh: () => void load() };
}

function filtersOf(form: HTMLFormElement): Record<string, string> {
  const entries = [...new FormData(form)].map(([name, value]) => [name, String(value).trim()] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

function nothing(isFiltered: boolean): HTMLElement {
  return isFiltered
    ? emptyState('No file fits', 'Loosen the filters above to see more.')
    : emptyState(
        'No files yet',
        'Drop one above, or have the droplet send them. Whatever arrives shows up here, loaded or not.',
      );
}

function table(files: readonly ListedRawFile[]): HTMLElement {
  const heads = ['File', 'Received', 'Status', 'Intervals', 'Rejected'];
  return el(
    'table',
    { class: 'files' },
    el('caption', { class: 'visually-hidden' }, 'Raw files, newest first'),
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        ...heads.map((head, index) => el('th', { scope: 'col', class: index > 2 ? 'number' : '' }, head)),
      ),
    ),
    el('tbody', {}, ...files.map(row)),
  );
}

function row(file: ListedRawFile): HTMLElement {
  const about = `#${file.id} · ${file.source} · ${formatBytes(file.size_bytes)}`;
  const reason = file.status === 'failed' || file.status === 'ignored' ? file.error_message : null;
  const inserted = file.intervals_inserted;
  return el(
    'tr',
    {},
    el(
      'td',
      { class: 'cell-file' },
      el('a', { class: 'file-name', href: rawFileUrl(file.id) }, file.filename || '(no name)'),
      el('span', { class: 'muted small' }, about),
      reason && el('span', { class: 'file-reason' }, reason),
    ),
    el(
      'td',
      { class: 'cell-received' },
      el(
        'time',
        { datetime: file.received_at, title: formatInstant(file.received_at) },
        formatAge(file.received_at),
      ),
    ),
    el('td', {}, statusBadge(file.status)),
    el(
      'td',
      { class: 'number', 'data-label': 'Intervals' },
      formatCount(file.intervals_read),
      el(
        'span',
        { class: 'muted small' },
        inserted === file.intervals_read ? '' : ` (${formatCount(inserted)} new)`,
      ),
    ),
    el('td', { class: 'number', 'data-label': 'Rejected' }, formatCount(file.rejected_rows)),
  );
}
