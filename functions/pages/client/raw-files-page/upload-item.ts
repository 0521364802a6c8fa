import { messageOf } from '../lib/api.ts';
import { announce, el } from '../lib/dom.ts';
import { formatBytes } from '../lib/format.ts';
import {
  isPending,
  type ListedRawFile,
  outcomeOf,
  rawFileUrl,
  statusBadge,
  usageUrlOf,
} from '../lib/raw-files.ts';
import type { StoredFile, UploadStep } from './upload-file.ts';

/** One upload as displayed: name, progress bar, current step and actions. */
export interface UploadItem {
  readonly element: HTMLElement;
  show(step: UploadStep): void;
  showWaiting(text: string): void;
  showError(error: unknown): void;
  showCancelled(): void;
  /** Adds an action button. */
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
  let shown = '';

  /** Buttons stay while the same step goes on, so that one can be pressed. */
  function set(kind: string, text: string, doneBytes: number | null): void {
    element.classList.remove('bad');
    step.textContent = text;
    bar.hidden = doneBytes === null;
    bar.value = doneBytes ?? 0;
    badge.replaceChildren();
    if (kind !== shown) actions.replaceChildren();
    shown = kind;
  }

  function finish(text: string, ...links: readonly HTMLElement[]): void {
    set('finished', text, null);
    actions.replaceChildren(...links);
    announce(`${file.name}: ${text}`);
  }

  function show(state: UploadStep): void {
    if (state.kind === 'stored') showStored(state.file, state.usageUrl);
    else if (state.kind === 'tracked') showTracked(state.file);
    else set(...describeStep(state, file.size));
  }

  function showStored({ id, status }: StoredFile, usageUrl: string | null): void {
    const hasFailed = status === 'failed';
    finish(
      `These bytes are stored already, as file ${id}${hasFailed ? ', but it failed' : ''}.`,
      fileLink(id),
      ...usageLink(usageUrl),
    );
    badge.replaceChildren(statusBadge(status));
    element.classList.toggle('bad', hasFailed);
  }

  function showTracked(row: ListedRawFile): void {
    if (isPending(row.status)) set('tracked', `Registered as file ${row.id}. ${outcomeOf(row)}`, null);
    else finish(outcomeOf(row), fileLink(row.id), ...usageLink(usageUrlOf(row)));
    badge.replaceChildren(statusBadge(row.status));
  }

  return {
    element,
    show,
    showWaiting: (text) => set('waiting', text, 0),
    showError(error) {
      finish(messageOf(error));
      element.classList.add('bad');
    },
    showCancelled: () => finish('Cancelled; nothing was stored.'),
    offer(label, act) {
      actions.prepend(el('button', { type: 'button', onclick: act }, label));
    },
  };
}

type PassingStep = Exclude<UploadStep, { readonly file: object }>;

/** What is shown of a step that another one follows: its group, its text, and how far the bar is. */
function describeStep(
  step: PassingStep,
  sizeBytes: number,
): [group: string, text: string, doneBytes: number | null] {
  switch (step.kind) {
    case 'hashing':
      return ['sending', `Checking the file, ${percent(step.doneBytes, sizeBytes)}`, step.doneBytes];
    case 'requesting':
      return ['sending', 'Requesting an upload URL', sizeBytes];
    case 'sending':
      return ['sending', `Sending, ${percent(step.doneBytes, sizeBytes)}`, step.doneBytes];
    case 'confirming':
      return ['confirming', 'There is a file under this key; asking whether it has these bytes', null];
    case 'delivered':
      return ['delivered', 'Delivered; waiting to be registered', null];
    case 'replaying':
      return ['replaying', 'Queuing it again', null];
  }
}

function percent(done: number, total: number): string {
  return `${total === 0 ? 100 : Math.floor((100 * done) / total)} %`;
}

function fileLink(id: string): HTMLElement {
  return el('a', { class: 'button', href: rawFileUrl(id) }, 'Details');
}

function usageLink(href: string | null): HTMLElement[] {
  return href === null ? [] : [el('a', { class: 'button', href }, 'See the usage')];
}
