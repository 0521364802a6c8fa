import { addDays } from '../../../../shared/intervals/clock.ts';
import { el } from '../lib/dom.ts';
import { formatCount, formatDate } from '../lib/format.ts';
import type { TableData } from '../lib/table.ts';
import { type Address, selectionOf, usageUrl } from './address.ts';
import { fetchAudit, fetchIntervals, fetchRange, fetchRevisions } from './api.ts';
import { auditSentences } from './audit-card.ts';
import { auditNotice } from './audit-notice.ts';
import { channelName } from './channels.ts';
import { card, chartCard } from './chart-card.ts';
import { markNames, markOf } from './coverage-strip.ts';
import { dayBars } from './day-bars.ts';
import { figure } from './figures.ts';
import { meterHead } from './meter-head.ts';
import type { RangeUsage } from './range-usage.ts';
import { revisionsCard } from './revisions-card.ts';
import { layOut, type SlotRange } from './slots.ts';
import { kwhText } from './units.ts';
import type { ViewContext } from './view-context.ts';

/** One day of a meter: each of its 92, 96 or 100 intervals, and where they came from. */
export async function dayView(
  { esiid, day }: { readonly esiid: string; readonly day: string },
  { address, signal }: ViewContext,
): Promise<HTMLElement[]> {
  const selection = { esiid, from: day, to: day };
  const [range, rows, audit, revisions] = await Promise.all([
    fetchRange(selection),
    fetchIntervals(selection),
    fetchAudit(selection),
    fetchRevisions(esiid, day),
  ]);
  const slots = layOut(selection, rows);
  const notice = auditNotice(range);
  const sentences = auditSentences(audit).map((text) => el('p', {}, text));
  return [
    dayNavigation(address, day),
    meterHead(esiid, formatDate(day)),
    ...(notice === null ? [] : [notice]),
    dayFigures(range, slots),
    chartCard(
      {
        title: `Every interval of ${formatDate(day)}`,
        note: dayNote(slots),
        chart: dayBars(slots),
        table: { title: 'Intervals as a table', data: () => intervalsTable(slots) },
        filename: `day-${esiid}-${day}`,
      },
      signal,
    ),
    ...(sentences.length === 0 ? [] : [card('SMT’s own reads', undefined, ...sentences)]),
    revisionsCard(revisions) ?? withoutFile(esiid),
  ];
}

/** Links, so that a day can be opened in a tab of its own. */
function dayNavigation(address: Address, day: string): HTMLElement {
  const link = (change: Partial<Address>, text: string, label?: string) =>
    el('a', { class: 'button', href: usageUrl({ ...address, ...change }), 'aria-label': label }, text);
  const hasRange = selectionOf(address) !== null;
  return el(
    'nav',
    { class: 'day-nav', 'aria-label': 'Days' },
    link({ day: null }, hasRange ? '← Back to the range' : '← This meter'),
    link({ day: addDays(day, -1) }, '‹', 'The day before'),
    link({ day: addDays(day, 1) }, '›', 'The day after'),
  );
}

function dayNote({ days: [day] }: SlotRange): string {
  switch (day?.slotCount) {
    case 92:
      return 'Clocks went forward: 02:00 to 03:00 does not exist, 92 intervals';
    case 100:
      return 'Clocks went back: 01:00 to 02:00 comes twice, 100 intervals';
    default:
      return '96 intervals of 15 minutes';
  }
}

function dayFigures({ channels }: RangeUsage, slots: SlotRange): HTMLElement {
  const figures = channels.flatMap(({ channel, days: [day] }) => {
    if (!day) return [];
    const energy = figure(channelName(channel), kwhText(day.units), 'kWh', markNames[markOf(day)]);
    const peak = peakSlot(slots, channel);
    return peak === null
      ? [energy]
      : [energy, figure(`${channelName(channel)} peak`, (4 * peak.kwh).toFixed(2), 'kW', `at ${peak.time}`)];
  });
  const all = channels.flatMap(({ days }) => days);
  const present = all.reduce((sum, day) => sum + day.present, 0);
  const expected = all.reduce((sum, day) => sum + day.expected, 0);
  const missing = present === expected ? 'nothing missing' : `${formatCount(expected - present)} missing`;
  return el(
    'dl',
    { class: 'figures', id: 'figures' },
    ...figures,
    figure('Intervals', `${present}`, `of ${expected}`, missing),
  );
}

function peakSlot({ series, starts }: SlotRange, channel: string): { kwh: number; time: string } | null {
  const values = series.find((one) => one.channel === channel)?.kwh ?? [];
  return values.reduce<{ kwh: number; time: string } | null>((peak, value, slot) => {
    if (value === null || (peak !== null && Number(value) <= peak.kwh)) return peak;
    return { kwh: Number(value), time: (starts[slot] ?? '').slice(11, 16) };
  }, null);
}

function intervalsTable({ starts, series }: SlotRange): TableData {
  const rows = starts.map((start, slot) => [
    { show: `${start.slice(11, 16)} (${start.slice(19)})`, text: start },
    ...series.flatMap(({ kwh, estimated }) => [kwh[slot] ?? 'missing', estimated[slot] ? 'yes' : '']),
  ]);
  const heads = series.flatMap(({ channel }) => [`${channelName(channel)} (kWh)`, 'Estimated']);
  return { heads: ['Start', ...heads], rows };
}

/** Shown for a day of which nothing is stored. */
function withoutFile(esiid: string): HTMLElement {
  return card(
    'Where it came from',
    undefined,
    el('p', {}, 'No file that was loaded holds this day.'),
    el('a', { class: 'button', href: `/admin/smt/raw?esiid=${esiid}` }, 'Files of this meter'),
  );
}
