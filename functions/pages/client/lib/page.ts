import { checkAccess, LockedError, messageOf, ReaderTokenError } from './api.ts';
import { byId, el } from './dom.ts';
import { askToken, forgetToken, lockEverywhere, onLocked, storedToken } from './token.ts';

/**
 * Starts a page: shows the navigation, asks for the token when there is none, and runs the page once there is one.
 * Without a token the page shows only how to enter it.
 */
export async function startPage(run: () => void): Promise<void> {
  markCurrentPage();
  // The style sheet's colours for paper are the light ones; charts read them when they are drawn again.
  addEventListener('beforeprint', () => document.documentElement.toggleAttribute('data-printing', true));
  addEventListener('afterprint', () => document.documentElement.toggleAttribute('data-printing', false));
  const forget = byId('forget-token', HTMLButtonElement);
  forget.addEventListener('click', () => {
    lockEverywhere();
    location.reload();
  });
  onLocked(() => location.reload());
  byId('unlock', HTMLButtonElement).addEventListener('click', () => {
    if (document.body.dataset.access === 'reader') forgetToken(); // another token is needed here
    void unlock();
  });

  async function unlock(): Promise<void> {
    const token = storedToken() ?? (await askToken());
    showLocked(token === null);
    if (token === null) return;
    run();
    checkAccess().catch(() => undefined); // what the page itself requests says what went wrong
  }
  await unlock();
}

/** Marks the page in the navigation. */
export function markCurrentPage(): void {
  const page = document.body.dataset.page ?? '';
  for (const link of document.querySelectorAll<HTMLElement>('[data-nav]')) {
    if (link.dataset.nav?.split(' ').includes(page)) link.setAttribute('aria-current', 'page');
  }
}

/** Shows the page, or only how to enter the token: for a reader, another one. */
export function showLocked(isLocked: boolean): void {
  byId('locked', HTMLElement).hidden = !isLocked;
  byId('content', HTMLElement).hidden = isLocked;
  byId('forget-token', HTMLElement).hidden = storedToken() === null;
}

/** Placeholder for data that failed to load: why, and how to retry. Without a token that may see it, the page is locked instead. */
export function failureNotice(error: unknown, retry: () => void): HTMLElement {
  if (error instanceof LockedError || error instanceof ReaderTokenError) showLocked(true);
  return el(
    'div',
    { class: 'notice bad', role: 'alert' },
    el('strong', {}, 'This could not be loaded'),
    messageOf(error),
    el('div', { class: 'actions' }, el('button', { type: 'button', onclick: retry }, 'Try again')),
  );
}

/** Skeleton rows while data loads. */
export function skeleton(rows: number): HTMLElement {
  const lines = Array.from({ length: rows }, () => el('div', { class: 'skeleton skeleton-row' }));
  return el('div', { 'aria-busy': 'true' }, el('p', { class: 'visually-hidden' }, 'Loading…'), ...lines);
}

/** Text for an empty list. */
export function emptyState(title: string, text: string, ...more: readonly HTMLElement[]): HTMLElement {
  return el('div', { class: 'empty' }, el('h2', {}, title), el('p', {}, text), ...more);
}
