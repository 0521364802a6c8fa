import { callApi } from '../lib/api.ts';
import { el } from '../lib/dom.ts';
import { plural } from '../lib/format.ts';

interface WithdrawalResponse {
  readonly rows_removed: number;
  readonly rows_kept: number;
  readonly heir_id: string | null;
}

/**
 * Asks who withdraws a file and why, and withdraws it.
 * @returns the outcome, as shown to users; null if cancelled
 */
export async function withdrawRawFile(id: string): Promise<string | null> {
  const reason = await askReason();
  if (reason === null) return null;
  const path = `/api/admin/smt/raw-files/${encodeURIComponent(id)}/withdraw`;
  const response = await callApi<WithdrawalResponse>(path, { method: 'POST', body: reason });
  const { rows_removed: removed, rows_kept: kept, heir_id: heir } = response;
  const heirText = heir === null ? '' : ` File ${heir}, which has the same bytes, takes its place.`;
  return `Withdrawn: ${plural(removed, 'row')} removed, ${plural(kept, 'row')} kept that other files hold too.${heirText}`;
}

interface Reason {
  readonly requested_by: string;
  readonly reason: string;
}

function askReason(): Promise<Reason | null> {
  const requestedBy = el('input', {
    id: 'withdraw-by',
    required: true,
    maxlength: 100,
    autocomplete: 'name',
  });
  const reason = el('input', { id: 'withdraw-why', required: true, maxlength: 200, autocomplete: 'off' });
  const cancel = el('button', { type: 'button', class: 'quiet' }, 'Cancel');
  const form = el(
    'form',
    {},
    el('h2', { id: 'withdraw-title' }, 'Withdraw this file?'),
    el(
      'p',
      {},
      'The data becomes what it would be had the file never come. Who and why is kept for good; loading the file again undoes it.',
    ),
    el('label', { for: 'withdraw-by' }, 'Your name'),
    requestedBy,
    el('label', { for: 'withdraw-why', class: 'later' }, 'Why'),
    reason,
    el('div', { class: 'actions' }, cancel, el('button', { type: 'submit', class: 'primary' }, 'Withdraw')),
  );
  const dialog = el('dialog', { 'aria-labelledby': 'withdraw-title' }, form);
  document.body.append(dialog);
  return new Promise((resolve) => {
    const close = (given: Reason | null) => {
      dialog.remove();
      resolve(given);
    };
    cancel.addEventListener('click', () => close(null));
    dialog.addEventListener('cancel', () => close(null));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      close({ requested_by: requestedBy.value.trim(), reason: reason.value.trim() });
    });
    dialog.showModal();
    requestedBy.focus();
  });
}
