import { byId, el } from '../lib/dom.ts';
import { type Address, selectionOf } from './address.ts';
import { fetchMeters } from './api.ts';
import { meterLabel } from './meter-names.ts';
import { type MeterPicker, startMeterPicker } from './meter-picker.ts';
import { type DateRange, isEsiid, presetRange, presets, selectionProblem, stepRange } from './ranges.ts';
import type { Meter } from './types.ts';

export interface Controls {
  /** Shows what the URL says. */
  show(address: Address): void;
  /** The meter of this ESIID; says so when nothing is stored of it. */
  find(esiid: string): Promise<Meter | undefined>;
}

/** The form: which meter, which days, compared with what. Passes on every valid choice, and says what is wrong with others. */
export function startControls(onChange: (change: Partial<Address>) => void): Controls {
  const from = byId('from', HTMLInputElement);
  const to = byId('to', HTMLInputElement);
  const compare = byId('compare', HTMLSelectElement);
  const problem = byId('usage-error', HTMLElement);
  const picker = startMeterPicker((esiid) => void chooseMeter(esiid));
  const showPresets = addPresets(picker, choosePreset);

  function setProblem(text: string): void {
    problem.textContent = text;
    byId('esiid', HTMLElement).setAttribute('aria-invalid', String(text !== '' && !isEsiid(picker.value())));
  }

  async function find(esiid: string): Promise<Meter | undefined> {
    const meter = isEsiid(esiid) ? await picker.find(esiid) : undefined;
    if (!meter)
      setProblem(isEsiid(esiid) ? `Nothing is stored of ${esiid}.` : 'An ESIID has 17 or 22 digits.');
    return meter;
  }

  /** Another meter, with the days of the one before where it has them. */
  async function chooseMeter(esiid: string): Promise<void> {
    const meter = await find(esiid);
    if (!meter) return;
    const kept = from.value <= meter.last_date && to.value >= meter.first_date && from.value !== '';
    change({ esiid, ...(kept ? { from: from.value, to: to.value } : presetRange('Year', meter)) });
  }

  async function choosePreset(name: keyof typeof presets): Promise<void> {
    const meter = await find(picker.value());
    if (meter) change({ esiid: meter.esiid, ...presetRange(name, meter) });
  }

  function change(chosen: { readonly esiid: string } & DateRange): void {
    const wrong = selectionProblem(chosen);
    setProblem(wrong ?? '');
    if (wrong === null) onChange({ ...chosen, zoom: null, day: null });
  }

  byId('usage-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const chosen = { esiid: picker.value(), from: from.value, to: to.value };
    if (chosen.from === '' && chosen.to === '') void chooseMeter(chosen.esiid);
    else change(chosen);
  });
  for (const [id, direction] of [
    ['range-before', -1],
    ['range-after', 1],
  ] as const) {
    byId(id, HTMLElement).addEventListener('click', () => {
      if (from.value === '' || to.value === '') return;
      change({ esiid: picker.value(), ...stepRange({ from: from.value, to: to.value }, direction) });
    });
  }
  compare.addEventListener('change', () => void chooseCompared());

  async function chooseCompared(): Promise<void> {
    const other = byId('compare-esiid', HTMLInputElement);
    byId('compare-meter', HTMLElement).hidden = compare.value !== 'meter';
    if (compare.value !== 'meter') return onChange({ compare: compare.value || null });
    const meters = await suggestions();
    byId('compare-esiids', HTMLElement).replaceChildren(...meters);
    other.focus();
  }

  async function suggestions(): Promise<HTMLElement[]> {
    const { esiids } = await fetchMeters('');
    return esiids.map(({ esiid }) => el('option', { value: esiid }, meterLabel(esiid)));
  }

  byId('compare-esiid', HTMLInputElement).addEventListener('change', ({ target }) => {
    const text = (target as HTMLInputElement).value.trim();
    if (isEsiid(text)) onChange({ compare: text });
    else setProblem('An ESIID has 17 or 22 digits.');
  });

  return {
    find,
    show(address) {
      setProblem('');
      picker.show(address.esiid ?? '');
      from.value = address.from ?? '';
      to.value = address.to ?? '';
      const isMeter = address.compare !== null && isEsiid(address.compare);
      compare.value = isMeter ? 'meter' : (address.compare ?? '');
      byId('compare-meter', HTMLElement).hidden = !isMeter;
      if (isMeter) byId('compare-esiid', HTMLInputElement).value = address.compare ?? '';
      byId('range-tools', HTMLElement).hidden = address.esiid === null;
      const selection = selectionOf(address);
      if (selection) showPresets(selection);
    },
  };
}

/**
 * The buttons of the usual ranges.
 * @returns marks the button whose range is shown
 */
function addPresets(
  picker: MeterPicker,
  choose: (name: keyof typeof presets) => Promise<void>,
): (selection: { readonly esiid: string } & DateRange) => void {
  const names = Object.keys(presets) as (keyof typeof presets)[];
  const buttons = names.map((name) =>
    el('button', { type: 'button', 'aria-pressed': 'false', onclick: () => void choose(name) }, name),
  );
  byId('ranges', HTMLElement).append(...buttons);
  return ({ esiid, from, to }) => {
    void picker.find(esiid).then((meter) => {
      const matching = names.filter((name) => {
        const range = meter && presetRange(name, meter);
        return range?.from === from && range.to === to;
      });
      // Of a short history several ranges are all of it: then the last button says so.
      names.forEach((name, index) => {
        buttons[index]?.setAttribute('aria-pressed', String(name === matching.at(-1)));
      });
    });
  };
}
