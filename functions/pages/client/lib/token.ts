import { byId } from './dom.ts';

/**
 * The token that authorizes API requests. It is kept for this tab, or in this browser for a time that the user
 * chooses; it is sent in a header and is never part of a URL.
 */
const storageKey = 'smt-token';

/** Tabs notify each other over this channel when the pages are locked. */
const lockChannel = new BroadcastChannel('smt-lock');

interface RememberedToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

export function storedToken(): string | null {
  return sessionStorage.getItem(storageKey) ?? rememberedToken();
}

function rememberedToken(): string | null {
  try {
    const { token, expiresAtMs } = JSON.parse(
      localStorage.getItem(storageKey) ?? '{}',
    ) as Partial<RememberedToken>;
    if (token !== undefined && expiresAtMs !== undefined && Date.now() < expiresAtMs) return token;
  } catch {
    // Not in our format: discarded like an expired one.
  }
  localStorage.removeItem(storageKey);
  return null;
}

/** @param hours how long to keep it in this browser; 0 keeps it in this tab only */
function keepToken(token: string, hours: number): void {
  const remembered: RememberedToken = { token, expiresAtMs: Date.now() + hours * 3_600_000 };
  if (hours === 0) sessionStorage.setItem(storageKey, token);
  else localStorage.setItem(storageKey, JSON.stringify(remembered));
}

/** Forgets the token in this tab and in this browser. */
export function forgetToken(): void {
  sessionStorage.removeItem(storageKey);
  localStorage.removeItem(storageKey);
}

/** Forgets the token in every tab of this browser, and locks them. */
export function lockEverywhere(): void {
  forgetToken();
  lockChannel.postMessage('lock');
}

/** Calls back when another tab was locked. */
export function onLocked(lock: () => void): void {
  lockChannel.addEventListener('message', () => {
    forgetToken();
    lock();
  });
}

let asking: Promise<string | null> | undefined;

/**
 * Asks for the token; several callers share one dialog.
 * @param error why it is asked for again, shown beside the field
 * @returns null if the user cancels
 */
export function askToken(error = ''): Promise<string | null> {
  asking ??= showDialog(error).finally(() => {
    asking = undefined;
  });
  return asking;
}

function showDialog(error: string): Promise<string | null> {
  const dialog = byId('token-dialog', HTMLDialogElement);
  const input = byId('token-input', HTMLInputElement);
  byId('token-error', HTMLElement).textContent = error;
  input.setAttribute('aria-invalid', String(error !== ''));
  input.value = '';
  return new Promise((resolve) => {
    const done = new AbortController();
    const { signal } = done;
    const finish = (token: string | null) => {
      done.abort();
      dialog.close();
      if (token !== null) keepToken(token, Number(byId('token-keep', HTMLSelectElement).value));
      resolve(token);
    };
    byId('token-form', HTMLFormElement).addEventListener(
      'submit',
      (event) => {
        event.preventDefault();
        if (input.value.trim() !== '') finish(input.value.trim());
      },
      { signal },
    );
    byId('token-cancel', HTMLElement).addEventListener('click', () => finish(null), { signal });
    dialog.addEventListener('cancel', () => finish(null), { signal });
    if (!dialog.open) dialog.showModal();
    input.focus();
  });
}
