import { parseDecimal } from '../../../../shared/usage/decimal.ts';
import { el } from '../lib/dom.ts';
import { formatDate } from '../lib/format.ts';
import { type Cell, table } from '../lib/table.ts';
import { usageUrl } from './address.ts';
import { channelName } from './channels.ts';
import { card } from './chart-card.ts';
import type { RangeUsage } from './range-usage.ts';
import { dayLink } from './tables.ts';
import type { Peak } from './types.ts';
import { kwhText } from './units.ts';

const shownDays = 10;

export interface Peaks {
  readonly intervals: readonly Peak[];
  readonly hours: readonly Peak[];
}

/** The days, hours and intervals with the most energy. */
export function peaksCard(range: RangeUsage, { intervals, hours }: Peaks): HTMLElement {
  const { esiid } = range.selection;
  const columns = range.channels.map(({ channel, days }) => {
    const highest = days
      .flatMap((day) => (day.units === null ? [] : [{ date: day.usage_date, units: day.units }]))
      .sort((a, b) => (a.units < b.units ? 1 : a.units > b.units ? -1 : 0))
      .slice(0, shownDays)
      .map(({ date, units }): Cell[] => [dayLink(esiid, date), kwhText(units)]);
    const rowsOf = (peaks: readonly Peak[], perHour: bigint) =>
      peaks.filter((peak) => peak.channel === channel).map((peak) => peakRow(esiid, peak, perHour));
    const name = range.channels.length > 1 ? `${channelName(channel)}: ` : '';
    return [
      peakList(`${name}days`, ['Day', 'kWh'], highest),
      peakList(`${name}hours`, ['Hour', 'kW'], rowsOf(hours, 1n)),
      peakList(`${name}15 minutes`, ['Interval', 'kW'], rowsOf(intervals, 4n)),
    ];
  });
  return card(
    'Peaks',
    'The most energy first; kW is the mean power',
    el('div', { class: 'peaks' }, ...columns.flat()),
  );
}

/** @param perHour how many such periods an hour has */
function peakRow(esiid: string, { start, kwh, estimated }: Peak, perHour: bigint): Cell[] {
  const day = start.slice(0, 10);
  const time = el('a', { href: usageUrl({ esiid, day }) }, `${formatDate(day)}, ${start.slice(11, 16)}`);
  const kw = kwhText(parseDecimal(kwh) * perHour);
  return [{ show: time, text: start }, estimated ? `${kw} (estimated)` : kw];
}

function peakList(title: string, heads: readonly string[], rows: readonly (readonly Cell[])[]): HTMLElement {
  return el(
    'div',
    {},
    el('h3', {}, `Highest ${title[0]?.toLowerCase()}${title.slice(1)}`),
    table(title, { heads, rows }),
  );
}
