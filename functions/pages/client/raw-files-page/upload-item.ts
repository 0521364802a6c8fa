import { messageOf } from '../lib/api.ts';
import { announce, el } from '../lib/dom.ts';
import { formatBytes } from '../lib/format.ts';
import { isUnderWay, type ListedRawFile, outcomeOf, rawFileUrl, statusBadge } from '../lib/raw-files.ts';
import type { UploadStep } from './upload-file.ts';

/** One upload as people see it: name, bar, what is going on, and what can be done. */
export interface UploadItem {
  readonly element: HTMLElement;
  show(step: UploadStep): void;
  showWaiting(): void;
  showError(error: unknown, retry: () => void): void;
  /** Adds a button to what can be done about what is shown. */
  offer(label: string, act: () => void): void;
}

export function createUploadItem(file: File): UploadItem {
  const badge = el('span', { class: 'upload-badge' });
  const bar = el('progress', { max: Math.max(1, file.size), 'aria-label': `Progress of ${file.name}` });
  const step = el('p', { class: 'upload-step' });
  const actions = el('div', { class: 'actions' });
  const size = el('span', { class: 'muted small' }, ` ${formatBytes(file.size)}`);
  const element = el(
    'li',
    { class: 'upload' },
    el('div', { class: 'upload-name' }, file.name, size),
    badge,
    bar,
    step,
    actions,
  );

  function set(text: string, doneBytes: number | null): void {
    element.classList.remove('bad');
    step.textContent = text;
    bar.hidden = doneBytes === null;
    bar.value = doneBytes ?? 0;
    badge.replaceChildren();
    actions.replaceChildren();
  }

  function finish(text: string, ...links: readonly HTMLElement[]): void {
    set(text, null);
    actions.replaceChildren(...links);
    announce(`${file.name}: ${text}`);
  }

  function offer(label: string, act: () => void): void {
    actions.prepend(el('button', { type: 'button', onclick: act }, label));
  }

  return {
    element,
    showWaiting: () => set('Waiting for its turn', 0),
    show(state) {
      switch (state.kind) {
        case 'hashing':
          set(`Checking the file, ${percent(state.doneBytes, file.size)}`, state.doneBytes);
          break;
        case 'requesting':
          set('Asking for permission to upload', file.size);
          break;
        case 'sending':
          set(`Sending, ${percent(state.doneBytes, file.size)}`, state.doneBytes);
          break;
        case 'delivered':
          set('Delivered; waiting to be registered', null);
          break;
        case 'stored': {
          const { id, status } = state.file;
          const hasFailed = status === 'failed';
          finish(
            `These bytes are stored already, as file ${id}${hasFailed ? ', but it failed' : ''}.`,
            fileLink(id),
          );
          badge.replaceChildren(statusBadge(status));
          element.classList.toggle('bad', hasFailed);
          break;
        }
        case 'replaying':
          set('Putting it back on its way', null);
          break;
        case 'tracked': {
          const { file: row } = state;
          if (isUnderWay(row.status)) set(`Registered as file ${row.id}. ${outcomeOf(row)}`, null);
          else finish(outcomeOf(row), fileLink(row.id), ...usageLink(row));
          badge.replaceChildren(statusBadge(row.status));
          break;
        }
      }
    },
    showError(error, retry) {
      finish(messageOf(error));
      offer('Try again', retry);
      element.classList.add('bad');
    },
    offer,
  };
}

function percent(done: number, total: number): string {
  return `${total === 0 ? 100 : Math.floor((100 * done) / total)} %`;
}

function fileLink(id: string): HTMLElement {
  return el('a', { class: 'button', href: rawFileUrl(id) }, 'What became of it');
}

function usageLink({ status, first_esiid: esiid }: ListedRawFile): HTMLElement[] {
  if (status !== 'normalized' || esiid === null) return [];
  return [el('a', { class: 'button', href: `/usage?${new URLSearchParams({ esiid })}` }, 'See the usage')];
}
