import { el } from '../lib/dom.ts';
import { formatCount, formatDate, formatDecimal, plural } from '../lib/format.ts';
import { rawFileUrl } from '../lib/raw-files.ts';
import { channelName } from './channels.ts';
import { monthName } from './monthly-bars.ts';
import type { Coverage, SumRow } from './types.ts';
import { daySums, type Range } from './year.ts';

/** The numbers behind the charts, for who reads rather than looks. They are made when they are opened. */

export function monthsTable(sums: readonly SumRow[]): HTMLElement {
  const rows = sums.map(({ start, channel, kwh, intervals, expected_intervals, estimated_intervals }) => [
    monthName(start.slice(0, 7), 'long'),
    channelName(channel),
    formatDecimal(kwh),
    `${formatCount(intervals)} of ${formatCount(expected_intervals)}`,
    formatCount(estimated_intervals),
  ]);
  return disclosed(
    'Monthly sums as a table',
    ['Month', 'Channel', 'kWh', 'Intervals', 'Estimated'],
    () => rows,
  );
}

export function daysTable(range: Range, coverage: Coverage): HTMLElement {
  const heads = ['Day', 'Channel', 'kWh', 'Intervals', 'Estimated', 'Revisions', 'File'];
  return disclosed('Daily sums as a table', heads, () => {
    const sums = new Map(
      range.series.flatMap((series) =>
        daySums(range.days, series).map(
          (kwh, index) => [`${series.channel} ${range.days[index]?.date}`, kwh] as const,
        ),
      ),
    );
    return coverage.days.map((day) => [
      formatDate(day.usage_date),
      channelName(day.channel),
      formatDecimal(sums.get(`${day.channel} ${day.usage_date}`) ?? '–'),
      `${formatCount(day.present)} of ${formatCount(day.expected)}`,
      formatCount(day.estimated),
      formatCount(day.revisions),
      day.latest_raw_file_id === null
        ? '–'
        : el('a', { href: rawFileUrl(day.latest_raw_file_id) }, `#${day.latest_raw_file_id}`),
    ]);
  });
}

const gapsShown = 100;

export function gapsTable({ gaps }: Coverage): HTMLElement {
  if (gaps.length === 0)
    return el('p', { class: 'muted small' }, 'No gaps: every interval of these days is stored.');
  const more = gaps.length > gapsShown ? `, the first ${gapsShown} shown` : '';
  const rows = gaps
    .slice(0, gapsShown)
    .map(({ channel, start, end, intervals }) => [
      channelName(channel),
      localTime(start),
      localTime(end),
      formatCount(intervals),
    ]);
  return disclosed(
    `${plural(gaps.length, 'gap')}${more}`,
    ['Channel', 'From', 'To', 'Intervals'],
    () => rows,
  );
}

function localTime(text: string): string {
  return `${formatDate(text.slice(0, 10))}, ${text.slice(11, 16)}`;
}

function disclosed(
  title: string,
  heads: readonly string[],
  rows: () => readonly (readonly (string | HTMLElement)[])[],
): HTMLElement {
  const details = el('details', { class: 'data-table' }, el('summary', {}, title));
  details.addEventListener(
    'toggle',
    () => {
      const body = rows().map((cells) => el('tr', {}, ...cells.map((cell) => el('td', {}, cell))));
      const head = el('tr', {}, ...heads.map((text) => el('th', { scope: 'col' }, text)));
      details.append(
        el(
          'div',
          { class: 'table-wrap', tabindex: 0, role: 'group', 'aria-label': title },
          el('table', {}, el('thead', {}, head), el('tbody', {}, ...body)),
        ),
      );
    },
    { once: true },
  );
  return details;
}
