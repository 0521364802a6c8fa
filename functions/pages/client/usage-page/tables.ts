import { el } from '../lib/dom.ts';
import { formatCount, formatDate, formatLocalTime, formatMonth, plural } from '../lib/format.ts';
import { rawFileLink } from '../lib/raw-files.ts';
import { type Cell, disclosedTable, type TableData } from '../lib/table.ts';
import { usageUrl } from './address.ts';
import { statusNames } from './audit-status.ts';
import { channelName, channelNames } from './channels.ts';
import type { ChannelPeriods } from './load-bars.ts';
import type { DayUsage, Period, RangeUsage } from './range-usage.ts';
import { kwhDecimal, kwhText } from './units.ts';

/** The tables of a range: its days, its months, and its gaps. */

const maxGapsShown = 100;

export function gapsTable({ gaps }: RangeUsage): HTMLElement {
  if (gaps.length === 0) {
    return el('p', { class: 'muted small' }, 'No gaps: every interval of these days is stored.');
  }
  const more = gaps.length > maxGapsShown ? `, the first ${maxGapsShown} shown` : '';
  return disclosedTable(`${plural(gaps.length, 'gap')}${more}`, () => ({
    heads: ['Channel', 'From', 'To', 'Intervals'],
    rows: gaps
      .slice(0, maxGapsShown)
      .map(({ channels, start, end, intervals }) => [
        channelNames(channels),
        formatLocalTime(start),
        formatLocalTime(end),
        formatCount(intervals),
      ]),
  }));
}

export function daysTable({ selection, channels }: RangeUsage): TableData {
  const rows = channels.flatMap(({ days }) => days.map((day) => dayRow(selection.esiid, day)));
  return {
    heads: [
      'Day',
      'Channel',
      'kWh',
      'Daily read kWh',
      'Difference',
      'Audit',
      'Intervals',
      'Estimated',
      'Revisions',
      'File',
    ],
    rows,
  };
}

function dayRow(esiid: string, day: DayUsage): Cell[] {
  const { usage_date: date, channel, units, present, expected, estimated, revisions } = day;
  const {
    latest_raw_file_id: fileId,
    daily_kwh: read,
    difference_kwh: difference,
    audit_status: audit,
  } = day;
  return [
    dayLink(esiid, date),
    channelName(channel),
    { show: kwhText(units), text: kwhDecimal(units) },
    { show: read ?? '–', text: read ?? '' },
    { show: difference ?? '–', text: difference ?? '' },
    audit === null ? { show: '–', text: '' } : { show: statusNames[audit], text: audit },
    { show: `${formatCount(present)} of ${formatCount(expected)}`, text: String(present) },
    String(estimated),
    String(revisions),
    fileId === null ? { show: '–', text: '' } : { show: rawFileLink(fileId), text: fileId },
  ];
}

/** A date that leads to its day. */
export function dayLink(esiid: string, date: string): Cell {
  return { show: el('a', { href: usageUrl({ esiid, day: date }) }, formatDate(date)), text: date };
}

export function monthsTable(channels: readonly ChannelPeriods[]): TableData {
  const rows = channels.flatMap(({ channel, periods }) =>
    periods.map((period) => [
      { show: formatMonth(period.first, 'long'), text: period.first.slice(0, 7) },
      channelName(channel),
      { show: kwhText(period.units), text: kwhDecimal(period.units) },
      completeDays(period),
      String(period.estimated),
    ]),
  );
  return { heads: ['Month', 'Channel', 'kWh', 'Complete days', 'Estimated intervals'], rows };
}

function completeDays({ wholeDays, days }: Period): Cell {
  return { show: `${wholeDays} of ${days}`, text: String(wholeDays) };
}
