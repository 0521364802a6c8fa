import { messageOf } from '../lib/api.ts';
import { el } from '../lib/dom.ts';
import { saveFile } from '../lib/save-file.ts';
import { fetchCsv } from './api.ts';
import { card } from './chart-card.ts';
import type { Selection } from './types.ts';

const resolutions = { '15min': '15 minutes', hour: 'Hours', day: 'Days', month: 'Months' };

/** The range as a CSV file, as the API gives it. */
export function downloadCard(selection: Selection): HTMLElement {
  const options = Object.entries(resolutions).map(([value, name]) => el('option', { value }, name));
  const select = el('select', { id: 'csv-resolution' }, ...options);
  const button = el('button', { type: 'button' }, 'Download CSV');
  const problem = el('p', { class: 'field-error', role: 'alert' });
  button.addEventListener('click', () => {
    button.disabled = true;
    problem.textContent = '';
    download(selection, select.value)
      .catch((error: unknown) => {
        problem.textContent = messageOf(error);
      })
      .finally(() => {
        button.disabled = false;
      });
  });
  return card(
    'Take it with you',
    'Exact decimals, local time with offset',
    el(
      'div',
      { class: 'download' },
      el('div', {}, el('label', { for: 'csv-resolution' }, 'Rows of'), select),
      button,
      el('button', { type: 'button', class: 'quiet', onclick: () => print() }, 'Print'),
    ),
    problem,
  );
}

async function download(selection: Selection, resolution: string): Promise<void> {
  const { esiid, from, to } = selection;
  saveFile(await fetchCsv(selection, resolution), `usage-${esiid}-${from}-${to}-${resolution}.csv`);
}
