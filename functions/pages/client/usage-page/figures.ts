import { el } from '../lib/dom.ts';
import { formatCount, formatDate } from '../lib/format.ts';
import { usageUrl } from './address.ts';
import { type ChannelUsage, type DayUsage, type RangeUsage, sumUnits } from './range-usage.ts';
import type { Channel } from './types.ts';
import { kwhText, percentText } from './units.ts';

/** The key figures of a range. The baseload loads later than the others. */
export function figuresOf(range: RangeUsage, baseload: Promise<string | null>): HTMLElement {
  const imported = channelOf(range, 'consumption');
  const figures = [
    ...energyFigures(imported, channelOf(range, 'generation')),
    imported && peakDayFigure(range, imported),
    imported && baseloadFigure(baseload, channelOf(range, 'generation') !== undefined),
    coverageFigure(range),
  ];
  return el('dl', { class: 'figures', id: 'figures' }, ...figures.filter((shown) => shown !== undefined));
}

export function channelOf({ channels }: RangeUsage, channel: Channel): ChannelUsage | undefined {
  return channels.find((usage) => usage.channel === channel);
}

function energyFigures(
  imported: ChannelUsage | undefined,
  exported: ChannelUsage | undefined,
): HTMLElement[] {
  const importUnits = sumUnits(imported?.days ?? []);
  if (!exported) return [figure('Total used', kwhText(importUnits), 'kWh', 'from the grid')];
  const exportUnits = sumUnits(exported.days);
  return [
    figure('Import', kwhText(importUnits), 'kWh', 'from the grid'),
    figure('Export', kwhText(exportUnits), 'kWh', 'to the grid'),
    figure('Net', kwhText((importUnits ?? 0n) - (exportUnits ?? 0n)), 'kWh', 'import less export'),
  ];
}

/** The day with the most energy, the first of several. */
export function peakDayOf(days: readonly DayUsage[]): DayUsage | undefined {
  return days.reduce<DayUsage | undefined>((peak, day) => {
    if (day.units === null) return peak;
    return peak?.units == null || day.units > peak.units ? day : peak;
  }, undefined);
}

function peakDayFigure({ selection }: RangeUsage, { days }: ChannelUsage): HTMLElement | undefined {
  const peak = peakDayOf(days);
  if (!peak) return undefined;
  const href = usageUrl({ esiid: selection.esiid, day: peak.usage_date });
  return figure('Peak day', kwhText(peak.units), 'kWh', el('a', { href }, formatDate(peak.usage_date)));
}

function baseloadFigure(baseload: Promise<string | null>, hasExport: boolean): HTMLElement {
  const note = hasExport
    ? 'the quietest hour before 05:00 of a typical day'
    : 'the quietest hour of a typical day';
  const shown = figure('Baseload', '…', 'kW', note);
  const value = shown.querySelector('.value')?.firstChild;
  const show = (text: string) => {
    if (value) value.textContent = text;
  };
  baseload.then((kw) => show(kw === null ? '–' : Number(kw).toFixed(2))).catch(() => show('–'));
  return shown;
}

/** Of all channels together. */
function coverageFigure({ channels }: RangeUsage): HTMLElement {
  const days = channels.flatMap((channel) => channel.days);
  const total = (key: 'expected' | 'present' | 'estimated' | 'missing') =>
    days.reduce((sum, day) => sum + day[key], 0);
  const missing =
    total('missing') === 0 ? 'nothing missing' : `${formatCount(total('missing'))} intervals missing`;
  const estimated =
    total('estimated') > 0 ? `, ${percentText(total('estimated'), total('present'))} estimated` : '';
  const [value = '', unit = ''] = percentText(total('present'), total('expected')).split(' ');
  return figure('Coverage', value, unit, `${missing}${estimated}`);
}

export function figure(name: string, value: string, unit: string, note: string | HTMLElement): HTMLElement {
  return el(
    'div',
    { class: 'figure' },
    el('dt', {}, name),
    el(
      'dd',
      {},
      el('span', { class: 'value' }, value, el('small', {}, ` ${unit}`)),
      el('span', { class: 'note' }, note),
    ),
  );
}
