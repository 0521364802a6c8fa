import { el } from '../lib/dom.ts';
import { fetchIntervals } from './api.ts';
import { channelName } from './channels.ts';
import { chartCard } from './chart-card.ts';
import { coverageStrip, markNames, marksOf } from './coverage-strip.ts';
import { zoomOf, zoomText } from './day-window.ts';
import { heatMap } from './heat-map.ts';
import { loadChart } from './load-chart.ts';
import { monthlyBars } from './monthly-bars.ts';
import { monthHeatMap, monthHeatTable, profileChart, profileLines, profileTable } from './profile-chart.ts';
import { periodsOf, type RangeUsage } from './range-usage.ts';
import { monthEnd } from './ranges.ts';
import { layOut } from './slots.ts';
import { daysTable, gapsTable, monthsTable } from './tables.ts';
import type { ProfileHour } from './types.ts';
import type { ViewContext } from './view-context.ts';

/** The charts of a range, each with its heading, table and downloads. */

/** Maximum number of days for which the heat map has a column a day; longer ranges have one a month. */
const maxHeatMapDays = 400;

export function energyCard(range: RangeUsage, { address, go, note, signal }: ViewContext): HTMLElement {
  const { dates } = range;
  const chart = loadChart(
    range,
    {
      zoom: zoomOf(dates, address.zoom),
      onZoom: (zoom) => note({ zoom: zoom && zoomText(dates, zoom) }),
      onOpenDay: (day) => go({ day }),
    },
    signal,
  );
  return chartCard(
    {
      title: 'Energy',
      note: 'Drag the handles to zoom, down to the curve of every 15 minutes; click a day to open it',
      chart,
      table: { title: 'Daily sums as a table', data: () => daysTable(range) },
      filename: filename('energy', range),
    },
    signal,
  );
}

export function coverageCard(range: RangeUsage, { go, signal }: ViewContext): HTMLElement {
  return chartCard(
    {
      title: 'Coverage',
      above: [swatches(marksOf(range).map((mark) => [mark, markNames[mark]]))],
      chart: coverageStrip(range, (day) => go({ day })),
      below: [gapsTable(range)],
      table: { title: 'Coverage as a table', data: () => daysTable(range) },
      filename: filename('coverage', range),
    },
    signal,
  );
}

export function monthsCard(range: RangeUsage, { go, signal }: ViewContext): HTMLElement {
  const months = range.channels.map(({ channel, days }) => ({ channel, periods: periodsOf(days, 'month') }));
  return chartCard(
    {
      title: 'By month',
      note: 'Hatched where days are missing; click a month to open it',
      chart: monthlyBars(months, (first) => openMonth(first, go)),
      table: { title: 'Monthly sums as a table', data: () => monthsTable(months) },
      filename: filename('months', range),
    },
    signal,
  );
}

export function typicalDayCard(
  range: RangeUsage,
  rows: readonly ProfileHour[],
  compared: { readonly name: string; readonly rows: readonly ProfileHour[] } | null,
  signal: AbortSignal,
): HTMLElement {
  const lines = profileLines(rows, compared);
  return chartCard(
    {
      title: 'A typical day',
      note: 'Mean power by hour of the clock',
      chart: profileChart(lines),
      table: { title: 'Typical day as a table', data: () => profileTable(lines) },
      filename: filename('typical-day', range),
    },
    signal,
  );
}

/** A heat map for each channel: by day and quarter hour where the days fit, else by month and hour. */
export async function heatMapCards(
  range: RangeUsage,
  rows: readonly ProfileHour[],
  { go, signal }: ViewContext,
): Promise<HTMLElement[]> {
  const isByDay = range.dates.length <= maxHeatMapDays;
  const slots = isByDay ? layOut(range.selection, await fetchIntervals(range.selection)) : null;
  return range.channels.flatMap(({ channel }) => {
    const series = slots?.series.find((values) => values.channel === channel);
    if (slots && !series) return [];
    const drawn =
      slots && series
        ? {
            title: 'Day by day',
            note: 'Days across, time of day down',
            above: [
              swatches([
                ['gap', 'missing'],
                ['estimated', 'left edge: estimated'],
              ]),
            ],
            chart: heatMap(slots, series, (day) => go({ day })),
          }
        : {
            title: 'Month by month',
            note: 'Months across, hours of the clock down; mean power',
            chart: monthHeatMap(rows, channel, (first) => openMonth(first, go)),
          };
    const name = range.channels.length > 1 ? `: ${channelName(channel).toLowerCase()}` : '';
    const table = { title: 'Hours by month as a table', data: () => monthHeatTable(rows, channel) };
    const file = filename(`hours-by-month-${channel}`, range);
    return [chartCard({ ...drawn, title: `${drawn.title}${name}`, table, filename: file }, signal)];
  });
}

/** The colours of a chart and what they mean. @param marks class of the swatch and its meaning */
function swatches(marks: readonly (readonly [string, string])[]): HTMLElement {
  const items = marks.map(([mark, meaning]) =>
    el('li', {}, el('span', { class: `swatch ${mark}` }), meaning),
  );
  return el('ul', { class: 'legend' }, ...items);
}

function openMonth(first: string, go: ViewContext['go']): void {
  go({ from: first, to: monthEnd(first), zoom: null, day: null });
}

function filename(chart: string, { selection: { esiid, from, to } }: RangeUsage): string {
  return `${chart}-${esiid}-${from}-${to}`;
}
