import { el } from './dom.ts';

/** What a cell shows; `text` is what a CSV file has instead. */
export type Cell = string | HTMLElement | { readonly show: HTMLElement | string; readonly text: string };

export interface TableData {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export function cellText(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  return cell instanceof HTMLElement ? (cell.textContent ?? '') : cell.text;
}

function shown(cell: Cell): HTMLElement | string {
  return typeof cell === 'string' || cell instanceof HTMLElement ? cell : cell.show;
}

/**
 * A table that scrolls sideways when there is no room, with the keyboard too.
 * @param fit `wrap` breaks lines within cells first
 */
export function table(
  label: string,
  { heads, rows }: TableData,
  fit: 'scroll' | 'wrap' = 'scroll',
): HTMLElement {
  const header = heads.map((head) => (head === '' ? el('td') : el('th', { scope: 'col' }, head)));
  const body = rows.map((cells) => el('tr', {}, ...cells.map((cell) => el('td', {}, shown(cell)))));
  return el(
    'div',
    { class: `table-wrap ${fit}`, tabindex: 0, role: 'group', 'aria-label': label },
    el('table', {}, el('thead', {}, el('tr', {}, ...header)), el('tbody', {}, ...body)),
  );
}

/** A table behind a summary; it is built when it is first opened. */
export function disclosedTable(title: string, data: () => TableData): HTMLDetailsElement {
  const details = el('details', { class: 'data-table' }, el('summary', {}, title));
  details.addEventListener('toggle', () => details.append(table(title, data())), { once: true });
  return details;
}
