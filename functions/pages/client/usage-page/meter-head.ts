import { el } from '../lib/dom.ts';
import { maxNameLength, meterNames, nameMeter } from './meter-names.ts';

/** The meter that is shown: its name if it has one, its ESIID, and a way to name it. */
export function meterHead(esiid: string, detail: string): HTMLElement {
  const heading = el('h2', { class: 'meter-title' });
  const sub = el('p', { class: 'muted' });
  const input = el('input', { id: 'meter-name', maxlength: maxNameLength, autocomplete: 'off' });
  const form = el(
    'form',
    { class: 'name-form', hidden: true },
    el('div', {}, el('label', { for: 'meter-name' }, 'Name, kept in this browser only'), input),
    el('button', { type: 'submit' }, 'Save'),
  );
  const rename = el('button', { type: 'button', class: 'quiet' });

  function show(): void {
    const name = meterNames()[esiid];
    heading.textContent = name ?? esiid;
    heading.classList.toggle('mono', name === undefined);
    sub.textContent = name === undefined ? detail : `${esiid} · ${detail}`;
    rename.textContent = name === undefined ? 'Name this meter' : 'Rename';
    form.hidden = true;
    rename.hidden = false;
  }

  rename.addEventListener('click', () => {
    input.value = meterNames()[esiid] ?? '';
    form.hidden = false;
    rename.hidden = true;
    input.focus();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    nameMeter(esiid, input.value.trim());
    show();
    rename.focus();
  });
  show();
  return el('div', { class: 'meter-head' }, el('div', {}, heading, sub), rename, form);
}
