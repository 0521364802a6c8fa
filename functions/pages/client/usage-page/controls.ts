import { addDays } from '../../../../shared/intervals/clock.ts';
import { byId, el } from '../lib/dom.ts';
import { formatDate } from '../lib/format.ts';
import { fetchMeters } from './api.ts';
import type { Meter, Selection } from './types.ts';

/** More would draw slowly, and show no more. */
const maxDays = 1_100;

const presets = [
  ['30 days', 30],
  ['90 days', 90],
  ['Year', 365],
  ['All', maxDays],
] as const;

export interface Controls {
  /** Takes what the address says, or the first meter and its last year. */
  start(meters: readonly Meter[]): void;
  choose(meter: Meter): void;
}

/** The form: which meter, which days. Hands on every valid choice, and says what is wrong with others. */
export function startControls(onSelect: (selection: Selection) => void): Controls {
  const esiid = byId('esiid', HTMLInputElement);
  const from = byId('from', HTMLInputElement);
  const to = byId('to', HTMLInputElement);
  const problem = byId('usage-error', HTMLElement);
  const known = new Map<string, Meter>();

  function submit(): void {
    const selection = { esiid: esiid.value.trim(), from: from.value, to: to.value };
    const wrong = whatIsWrong(selection);
    problem.textContent = wrong ?? '';
    esiid.setAttribute('aria-invalid', String(wrong !== null && !/^(\d{17}|\d{22})$/.test(selection.esiid)));
    if (wrong !== null) return;
    history.replaceState(null, '', `?${new URLSearchParams(selection)}`);
    showPreset(selection, known.get(selection.esiid));
    onSelect(selection);
  }

  function choose(meter: Meter, days = 365): void {
    known.set(meter.esiid, meter);
    esiid.value = meter.esiid;
    to.value = meter.last_date;
    from.value = laterOf(addDays(meter.last_date, 1 - days), meter.first_date);
    submit();
  }

  const showPreset = addPresets((days) => {
    void find(esiid.value.trim()).then((meter) => meter && choose(meter, days));
  });

  async function find(text: string): Promise<Meter | undefined> {
    const meter = known.get(text) ?? (await fetchMeters(text)).find((found) => found.esiid === text);
    if (meter) known.set(meter.esiid, meter);
    else problem.textContent = `Nothing is stored of ${text || 'no ESIID'}.`;
    return meter;
  }

  function suggest(meters: readonly Meter[]): void {
    for (const meter of meters) known.set(meter.esiid, meter);
    const options = meters.map((meter) =>
      el(
        'option',
        { value: meter.esiid },
        `${formatDate(meter.first_date)} – ${formatDate(meter.last_date)}`,
      ),
    );
    byId('esiids', HTMLElement).replaceChildren(...options);
  }

  byId('usage-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  esiid.addEventListener('input', () => {
    const text = esiid.value.trim();
    const meter = known.get(text);
    if (meter) choose(meter);
    else if (/^\d{1,21}$/.test(text)) void fetchMeters(text).then(suggest);
  });

  return {
    choose,
    start(meters) {
      suggest(meters);
      const address = new URLSearchParams(location.search);
      const [first] = meters;
      const wanted = address.get('esiid');
      if (wanted !== null && address.has('from') && address.has('to')) {
        esiid.value = wanted;
        from.value = address.get('from') ?? '';
        to.value = address.get('to') ?? '';
        submit();
      } else if (wanted !== null) {
        esiid.value = wanted;
        void find(wanted).then((meter) => meter && choose(meter));
      } else if (first !== undefined && meters.length === 1) choose(first);
    },
  };
}

/**
 * The buttons of the usual ranges, each up to the last stored day.
 * @returns marks the button that a selection agrees with
 */
function addPresets(
  choose: (days: number) => void,
): (selection: Selection, meter: Meter | undefined) => void {
  const buttons = presets.map(([name, days]) =>
    el('button', { type: 'button', 'aria-pressed': 'false', onclick: () => choose(days) }, name),
  );
  byId('ranges', HTMLElement).append(...buttons);
  return ({ from, to }, meter) => {
    presets.forEach(([, days], index) => {
      const first = meter && laterOf(addDays(meter.last_date, 1 - days), meter.first_date);
      const isShown = to === meter?.last_date && from === first;
      // Of a short history several ranges are all of it: then the last button says so.
      const next = presets[index + 1]?.[1];
      const isSame =
        next !== undefined &&
        meter &&
        first === laterOf(addDays(meter.last_date, 1 - next), meter.first_date);
      buttons[index]?.setAttribute('aria-pressed', String(isShown && !isSame));
    });
  };
}

/** Of two dates as YYYY-MM-DD. */
function laterOf(a: string, b: string): string {
  return a.localeCompare(b) > 0 ? a : b;
}

function whatIsWrong({ esiid, from, to }: Selection): string | null {
  if (!/^(\d{17}|\d{22})$/.test(esiid)) return 'An ESIID has 17 or 22 digits.';
  if (from === '' || to === '') return 'Choose the first and the last day.';
  if (from > to) return 'The first day is after the last.';
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  return days > maxDays ? 'Choose three years at most; the API and its CSV give more.' : null;
}
