import { el } from './dom.ts';

interface Question {
  readonly title: string;
  readonly text: string;
  /** Label of the button that confirms. */
  readonly action: string;
}

/** Asks for confirmation, in a dialog that Escape closes. */
export function confirmAction({ title, text, action }: Question): Promise<boolean> {
  const cancel = el('button', { type: 'button', class: 'quiet' }, 'Cancel');
  const proceed = el('button', { type: 'button', class: 'primary' }, action);
  const dialog = el(
    'dialog',
    { 'aria-labelledby': 'confirm-title' },
    el('h2', { id: 'confirm-title' }, title),
    el('p', {}, text),
    el('div', { class: 'actions' }, cancel, proceed),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    const close = (isConfirmed: boolean) => {
      dialog.remove();
      resolve(isConfirmed);
    };
    cancel.addEventListener('click', () => close(false));
    proceed.addEventListener('click', () => close(true));
    dialog.addEventListener('cancel', () => close(false));
    dialog.showModal();
    cancel.focus();
  });
}
