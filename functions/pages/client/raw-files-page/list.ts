import { callApi } from '../lib/api.ts';
import { announce, byId } from '../lib/dom.ts';
import { plural } from '../lib/format.ts';
import { emptyState, failureNotice, skeleton } from '../lib/page.ts';
import { isPending, type ListedRawFile, type RawFiles } from '../lib/raw-files.ts';
import { fileTable } from './file-table.ts';
import { firstVisit } from './first-visit.ts';

/** How often the list is refreshed while a listed file is pending. */
const refreshMs = 4_000;
const pageSize = 50;

/** The list of all files. Its filters are in the URL, so that a list can be shared. */
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
    const query = { ...queryOf(filtersOf(form)), cursor, limit: String(pageSize) };
    try {
      const page = await callApi<RawFiles>('/api/admin/smt/raw-files', { query, signal });
      if (signal.aborted) return;
      shown = cursor === undefined ? page.files : [...shown, ...page.files];
      render(page.next_cursor);
    } catch (error) {
      if (!signal.aborted) place.replaceChildren(failureNotice(error, reload));
    }
  }

  function render(nextCursor: string | null): void {
    const isFiltered = Object.keys(filtersOf(form)).length > 0;
    place.replaceChildren(shown.length > 0 ? fileTable(shown) : nothing(isFiltered));
    more.hidden = nextCursor === null;
    more.onclick = () => void load(nextCursor ?? undefined);
    clearTimeout(timer);
    // A user who has paged further is not sent back to the first page.
    const canRefresh = shown.length <= pageSize && shown.some(({ status }) => isPending(status));
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

/** The form's filters as API and URL parameters. */
function filtersOf(form: HTMLFormElement): Record<string, string> {
  const entries = [...new FormData(form)].map(([name, value]) => [name, String(value).trim()] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

/** `order` is one choice in the form and the URL, `data-asc`; the API has two parameters. */
function queryOf({ order, ...filters }: Record<string, string>): Record<string, string> {
  const [sort = 'received', direction = 'desc'] = (order ?? '').split('-');
  return order === undefined ? filters : { ...filters, sort, order: direction };
}

function nothing(isFiltered: boolean): HTMLElement {
  return isFiltered ? emptyState('No file fits', 'Loosen the filters above to see more.') : firstVisit();
}
