import { announce, byId, el } from './lib/dom.ts';
import { formatDate } from './lib/format.ts';
import { emptyState, failureNotice, skeleton, startPage } from './lib/page.ts';
import { fetchCoverage, fetchIntervals, fetchMeters, fetchMonths } from './usage-page/api.ts';
import { type Controls, startControls } from './usage-page/controls.ts';
import type { Meter, Selection } from './usage-page/types.ts';
import { usageView } from './usage-page/view.ts';

/** /usage: a meter's energy by day and time of day, with what is missing and what is estimated. */
const place = byId('usage', HTMLElement);
let shown = new AbortController();

async function show(selection: Selection): Promise<void> {
  shown.abort();
  shown = new AbortController();
  const { signal } = shown;
  place.replaceChildren(el('div', { class: 'card' }, skeleton(6)));
  try {
    const [intervals, months, coverage] = await Promise.all([
      fetchIntervals(selection, signal),
      fetchMonths(selection, signal),
      fetchCoverage(selection, signal),
    ]);
    if (signal.aborted) return;
    place.replaceChildren(...usageView({ selection, intervals, months, coverage }, signal));
    announce(`Usage of ${selection.esiid} from ${formatDate(selection.from)} to ${formatDate(selection.to)}`);
  } catch (error) {
    if (!signal.aborted) place.replaceChildren(failureNotice(error, () => void show(selection)));
  }
}

async function start(controls: Controls): Promise<void> {
  place.replaceChildren(el('div', { class: 'card' }, skeleton(4)));
  try {
    const meters = await fetchMeters('');
    place.replaceChildren(welcome(meters, controls));
    controls.start(meters);
  } catch (error) {
    place.replaceChildren(failureNotice(error, () => void start(controls)));
  }
}

/** Before anything is chosen. */
function welcome(meters: readonly Meter[], controls: Controls): HTMLElement {
  if (meters.length === 0) {
    const link = el('a', { class: 'button primary', href: '/admin/smt/raw' }, 'Drop a file');
    return emptyState(
      'No usage yet',
      'As soon as a file with intervals is loaded, its meters are here.',
      link,
    );
  }
  const choices = meters
    .slice(0, 12)
    .map((meter) =>
      el('button', { type: 'button', class: 'mono', onclick: () => controls.choose(meter) }, meter.esiid),
    );
  return emptyState(
    'Choose a meter',
    'Type its ESIID above, or take one of these.',
    el('div', { class: 'choices' }, ...choices),
  );
}

void startPage(() => void start(startControls((selection) => void show(selection))));
