import { announce, byId, el } from './lib/dom.ts';
import { formatDate } from './lib/format.ts';
import { emptyState, failureNotice, skeleton, startPage } from './lib/page.ts';
import { type Address, readAddress, selectionOf, usageUrl } from './usage-page/address.ts';
import { fetchMeters } from './usage-page/api.ts';
import { type Controls, startControls } from './usage-page/controls.ts';
import { dayView } from './usage-page/day-view.ts';
import { meterLabel } from './usage-page/meter-names.ts';
import { rangeView } from './usage-page/range-view.ts';
import { presetRange } from './usage-page/ranges.ts';
import type { Meter } from './usage-page/types.ts';

/** /usage: a meter's energy by day and time of day, with what is missing and what is estimated. The URL says what is shown. */
const place = byId('usage', HTMLElement);
let address = readAddress(location.search);
let shown = new AbortController();

/** Shows something else, as a step that Back undoes. */
function go(controls: Controls, change: Partial<Address>): void {
  history.replaceState({ scrollY }, '');
  address = { ...address, ...change };
  history.pushState({ scrollY: 0 }, '', usageUrl(address));
  scrollTo(0, 0);
  void show(controls);
}

/** Puts what the page already shows into the URL. */
function note(change: Partial<Address>): void {
  address = { ...address, ...change };
  history.pushState({ scrollY }, '', usageUrl(address));
}

async function show(controls: Controls, scrollTop = 0): Promise<void> {
  shown.abort();
  shown = new AbortController();
  const { signal } = shown;
  controls.show(address);
  const loading = setTimeout(() => {
    if (!signal.aborted) place.replaceChildren(el('div', { class: 'card' }, skeleton(6)));
  }, 100);
  try {
    const cards = await viewOf(controls, signal);
    if (signal.aborted) return;
    place.replaceChildren(...cards);
    scrollTo(0, scrollTop);
  } catch (error) {
    if (!signal.aborted) place.replaceChildren(failureNotice(error, () => void show(controls)));
  } finally {
    clearTimeout(loading);
  }
}

async function viewOf(controls: Controls, signal: AbortSignal): Promise<HTMLElement[]> {
  const context = { address, go: (change: Partial<Address>) => go(controls, change), note, signal };
  const { esiid, day } = address;
  if (esiid === null) return chooseMeter(controls);
  if (day !== null) {
    document.title = `${formatDate(day)}, ${meterLabel(esiid)} · SMT ingest`;
    return dayView({ esiid, day }, context);
  }
  const selection = selectionOf(address) ?? (await lastYear(controls, esiid));
  if (selection === null) return [];
  document.title = `${meterLabel(esiid)} · SMT ingest`;
  const cards = await rangeView(selection, { ...context, address });
  announce(`Usage of ${meterLabel(esiid)} from ${formatDate(selection.from)} to ${formatDate(selection.to)}`);
  return cards;
}

/** The view for a link that names a meter only. */
async function lastYear(controls: Controls, esiid: string) {
  const meter = await controls.find(esiid);
  if (!meter) return null;
  address = { ...address, ...presetRange('Year', meter) };
  history.replaceState(history.state, '', usageUrl(address));
  controls.show(address);
  return selectionOf(address);
}

/** Shown before a meter is chosen. */
async function chooseMeter(controls: Controls): Promise<HTMLElement[]> {
  const { esiids: meters } = await fetchMeters('');
  const [only] = meters;
  if (only === undefined) {
    const link = el('a', { class: 'button primary', href: '/admin/smt/raw' }, 'Drop a file');
    return [
      emptyState('No usage yet', 'As soon as a file with intervals is loaded, its meters are here.', link),
    ];
  }
  if (meters.length === 1) {
    address = { ...address, esiid: only.esiid, ...presetRange('Year', only) };
    history.replaceState(null, '', usageUrl(address));
    return viewOf(controls, shown.signal);
  }
  return [
    emptyState(
      'Choose a meter',
      'Type a part of its ESIID or its name above, or take one of these.',
      choices(meters),
    ),
  ];
}

function choices(meters: readonly Meter[]): HTMLElement {
  const links = meters
    .slice(0, 12)
    .map(({ esiid }) => el('a', { class: 'button mono', href: usageUrl({ esiid }) }, meterLabel(esiid)));
  return el('div', { class: 'choices' }, ...links);
}

/** Links within the page change what is shown without loading it again. */
function followLinks(controls: Controls): void {
  place.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (!link || !isPlain || link.hasAttribute('download') || link.pathname !== location.pathname) return;
    event.preventDefault();
    go(controls, readAddress(link.search));
  });
}

void startPage(() => {
  history.scrollRestoration = 'manual';
  const controls: Controls = startControls((change) => go(controls, change));
  followLinks(controls);
  addEventListener('popstate', ({ state }: PopStateEvent) => {
    address = readAddress(location.search);
    void show(controls, (state as { scrollY?: number } | null)?.scrollY ?? 0);
  });
  void show(controls);
});
