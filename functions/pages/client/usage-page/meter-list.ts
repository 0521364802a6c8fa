import { byId, el } from '../lib/dom.ts';
import { formatDate } from '../lib/format.ts';
import { meterNames } from './meter-names.ts';
import type { Meter } from './types.ts';

interface Entry {
  readonly esiid: string;
  /** Null for a meter that is known by its name only. */
  readonly meter: Meter | null;
}

interface MeterListOptions {
  readonly onChoose: (esiid: string) => void;
  readonly onMore: (cursor: string) => void;
}

export interface MeterList {
  show(entries: readonly Entry[], more: { nextCursor: string | null; append: boolean }): void;
  showNote(text: string): void;
  open(isOpen: boolean): void;
}

/** The list below a combobox: arrow keys move in it, Enter takes an entry, Escape closes it. */
export function createMeterList(input: HTMLInputElement, { onChoose, onMore }: MeterListOptions): MeterList {
  const list = byId('meters', HTMLElement);
  let entries: Entry[] = [];
  let nextCursor: string | null = null;
  let active = -1;

  function option(index: number, ...content: readonly (HTMLElement | string)[]): HTMLElement {
    const onmousedown = (event: Event) => {
      event.preventDefault(); // the field keeps the focus
      take(index);
    };
    const attributes = { id: `meter-${index}`, role: 'option', 'aria-selected': 'false', onmousedown };
    return el('div', attributes, ...content);
  }

  function render(): void {
    const names = meterNames();
    const options = entries.map(({ esiid, meter }, index) => {
      const about = [names[esiid] === undefined ? null : esiid, meter && extentOf(meter)];
      return option(
        index,
        el('span', { class: 'meter-name' }, names[esiid] ?? esiid),
        el('span', { class: 'muted small' }, about.filter((text) => text !== null).join(' · ')),
      );
    });
    if (nextCursor !== null) options.push(option(entries.length, 'More meters'));
    list.replaceChildren(...options);
    if (options.length === 0) showNote('No meter fits.');
    setActive(Math.min(active, options.length - 1));
  }

  function showNote(text: string): void {
    list.replaceChildren(el('div', { class: 'meter-note', role: 'option', 'aria-disabled': 'true' }, text));
  }

  /** Chooses an entry; the one after the last is "More meters". */
  function take(index: number): void {
    const entry = entries[index];
    if (entry) {
      open(false);
      onChoose(entry.esiid);
    } else if (nextCursor !== null) onMore(nextCursor);
  }

  function setActive(index: number): void {
    active = index;
    for (const child of list.children) {
      child.setAttribute('aria-selected', String(child.id === `meter-${index}`));
    }
    if (index < 0) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', `meter-${index}`);
    document.getElementById(`meter-${index}`)?.scrollIntoView({ block: 'nearest' });
  }

  function open(isOpen: boolean): void {
    list.hidden = !isOpen;
    input.setAttribute('aria-expanded', String(isOpen));
    if (!isOpen) setActive(-1);
  }

  function move(step: number): void {
    const last = entries.length - (nextCursor === null ? 1 : 0);
    if (list.hidden) open(true);
    setActive(active + step > last ? 0 : active + step < 0 ? last : active + step);
  }

  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      move(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Enter' && !list.hidden && active >= 0) {
      event.preventDefault();
      take(active);
    } else if (event.key === 'Escape') open(false);
  });

  return {
    open,
    showNote,
    show(found, { nextCursor: cursor, append }) {
      entries = append ? [...entries, ...found] : [...found];
      nextCursor = cursor;
      render();
    },
  };
}

function extentOf({ first_date: first, last_date: last }: Meter): string {
  return `${formatDate(first)} to ${formatDate(last)}`;
}
