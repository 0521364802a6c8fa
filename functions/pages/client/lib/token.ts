import { byId } from './dom.ts';

/**
 * The admin token of this tab: asked once, kept in sessionStorage, sent in a header. It is never part of a URL, and
 * a new tab asks again.
 */
const storageKey = 'smt-admin-token';

export function storedToken(): string | null {
  return sessionStorage.getItem(storageKey);
}

export function forgetToken(): void {
  sessionStorage.removeItem(storageKey);
}

let asking: Promise<string | null> | undefined;

/**
 * Asks for the token; several askers share one dialog.
 * @param error why it is asked again, shown beside the field
 * @returns null if the person would rather not
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
      if (token !== null) sessionStorage.setItem(storageKey, token);
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
