import { announce, el } from '../lib/dom.ts';
import { formatDate } from '../lib/format.ts';
import { emptyState } from '../lib/page.ts';
import { fetchCsv } from './api.ts';
import { channelName } from './channels.ts';
import { type ChartSpec, chart } from './chart.ts';
import { coverageStrip, markNames, marks } from './coverage-strip.ts';
import { figuresOf } from './figures.ts';
import { heatMap } from './heat-map.ts';
import { loadCurve } from './load-curve.ts';
import { monthlyBars } from './monthly-bars.ts';
import { daysTable, gapsTable, monthsTable } from './tables.ts';
import type { Coverage, IntervalRow, Selection, SumRow } from './types.ts';
import { layOut } from './year.ts';

export interface UsageData {
  readonly selection: Selection;
  readonly intervals: readonly IntervalRow[];
  readonly months: readonly SumRow[];
  readonly coverage: Coverage;
}

/** Everything there is to see of one meter and range. Charts live until the signal ends them. */
export function usageView(
  { selection, intervals, months, coverage }: UsageData,
  signal: AbortSignal,
): HTMLElement[] {
  if (intervals.length === 0) {
    const text = `Nothing is stored of ${selection.esiid} from ${formatDate(selection.from)} to ${formatDate(selection.to)}.`;
    return [
      emptyState(
        'No intervals in this range',
        `${text} Choose other days, or look whether its file was loaded.`,
        el('a', { class: 'button', href: '/admin/smt/raw' }, 'Raw files'),
      ),
    ];
  }
  const range = layOut(selection, intervals);
  const cell = (spec: ChartSpec) => chart(spec, signal);
  const heatMaps = range.series.map((series) =>
    card(
      range.series.length > 1 ? `Day by day: ${channelName(series.channel).toLowerCase()}` : 'Day by day',
      'Days across, time of day down. Blank is missing.',
      cell(heatMap(range, series)),
    ),
  );
  return [
    figuresOf(range, coverage),
    card('Coverage', '', legend(), cell(coverageStrip(coverage)), gapsTable(coverage)),
    ...heatMaps,
    card(
      'Load curve',
      'Drag the handles below the curve to zoom; Ctrl and wheel, or pinch, work too.',
      cell(loadCurve(range)),
      daysTable(range, coverage),
    ),
    card('By month', 'Local calendar months', cell(monthlyBars(months)), monthsTable(months)),
    downloadCard(selection),
  ];
}

function card(title: string, note: string, ...content: readonly HTMLElement[]): HTMLElement {
  const caption = el(
    'figcaption',
    { class: 'card-head' },
    el('h2', {}, title),
    note !== '' && el('p', {}, note),
  );
  return el('section', { class: 'card', 'aria-label': title }, el('figure', {}, caption, ...content));
}

function legend(): HTMLElement {
  const items = marks
    .toReversed()
    .map((mark) => el('li', {}, el('span', { class: `swatch ${mark}` }), markNames[mark]));
  return el('ul', { class: 'legend' }, ...items);
}

const resolutions = { '15min': '15 minutes', hour: 'Hours', day: 'Days', month: 'Months' };

function downloadCard(selection: Selection): HTMLElement {
  const options = Object.entries(resolutions).map(([value, name]) => el('option', { value }, name));
  const select = el('select', { id: 'csv-resolution' }, ...options);
  const button = el('button', { type: 'button' }, 'Download CSV');
  const problem = el('p', { class: 'field-error', role: 'alert' });
  button.addEventListener('click', () => {
    button.disabled = true;
    problem.textContent = '';
    download(selection, select.value)
      .catch((error: unknown) => {
        problem.textContent = error instanceof Error ? error.message : String(error);
      })
      .finally(() => {
        button.disabled = false;
      });
  });
  return el(
    'section',
    { class: 'card', 'aria-label': 'Download' },
    el(
      'div',
      { class: 'card-head' },
      el('h2', {}, 'Take it with you'),
      el('p', {}, 'Exact decimals, local time with offset'),
    ),
    el(
      'div',
      { class: 'download' },
      el('div', {}, el('label', { for: 'csv-resolution' }, 'Rows of'), select),
      button,
    ),
    problem,
  );
}

async function download(selection: Selection, resolution: string): Promise<void> {
  const url = URL.createObjectURL(await fetchCsv(selection, resolution));
  const { esiid, from, to } = selection;
  el('a', { href: url, download: `usage-${esiid}-${from}-${to}-${resolution}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  announce('The CSV file is ready.');
}
