import { formatDecimal as decimalOf, parseDecimal } from '../../../../shared/usage/decimal.ts';
import { el } from '../lib/dom.ts';
import { formatCount, formatDate, formatDecimal } from '../lib/format.ts';
import type { Coverage } from './types.ts';
import { daySums, type Range, type Series, sumOf } from './year.ts';

/** The few numbers that say most of a range. */
export function figuresOf(range: Range, coverage: Coverage): HTMLElement {
  const imported = range.series.find(({ channel }) => channel === 'consumption');
  const exported = range.series.find(({ channel }) => channel === 'generation');
  const figures = [
    ...energyFigures(imported, exported),
    imported && peakDay(range, imported),
    imported && baseload(range, imported),
    coverageFigure(coverage),
  ];
  return el('dl', { class: 'figures', id: 'figures' }, ...figures.filter((shown) => shown !== undefined));
}

function energyFigures(imported: Series | undefined, exported: Series | undefined): HTMLElement[] {
  const importSum = (imported && sumOf(imported)) ?? 0n;
  if (!exported) return [figure('Total used', formatDecimal(decimalOf(importSum)), 'kWh', ['from the grid'])];
  const exportSum = sumOf(exported) ?? 0n;
  return [
    figure('Import', formatDecimal(decimalOf(importSum)), 'kWh', ['from the grid']),
    figure('Export', formatDecimal(decimalOf(exportSum)), 'kWh', ['to the grid']),
    figure('Net', formatDecimal(decimalOf(importSum - exportSum)), 'kWh', ['import less export']),
  ];
}

function peakDay(range: Range, series: Series): HTMLElement | undefined {
  let peak: { date: string; kwh: string; units: bigint } | undefined;
  daySums(range.days, series).forEach((kwh, index) => {
    const date = range.days[index]?.date;
    if (kwh === null || date === undefined) return;
    const units = parseDecimal(kwh);
    if (peak === undefined || units > peak.units) peak = { date, kwh, units };
  });
  return peak && figure('Peak day', formatDecimal(peak.kwh), 'kWh', [formatDate(peak.date)]);
}

/** The median over the days of each day's quietest hour: what runs when nothing is going on. */
function baseload({ days }: Range, { kwh }: Series): HTMLElement | undefined {
  const quietest = days.flatMap(({ firstSlot, slotCount }) => {
    const day = kwh.slice(firstSlot, firstSlot + slotCount);
    const hours = day.slice(3).flatMap((_, index) => {
      const hour = day.slice(index, index + 4);
      return hour.includes(null) ? [] : [hour.reduce((sum, value) => sum + Number(value), 0)];
    });
    return hours.length === 0 ? [] : [Math.min(...hours)];
  });
  const median = quietest.sort((a, b) => a - b)[Math.floor(quietest.length / 2)];
  return median === undefined
    ? undefined
    : figure('Baseload', median.toFixed(2), 'kW', ['the quietest hour of a typical day']);
}

/** Of all channels together. */
function coverageFigure({ totals }: Coverage): HTMLElement {
  const total = (key: 'expected' | 'present' | 'estimated' | 'missing') =>
    totals.reduce((sum, channel) => sum + channel[key], 0);
  const estimated = total('estimated');
  return figure('Coverage', percent(total('present'), total('expected')), '%', [
    total('missing') === 0 ? 'nothing missing' : `${formatCount(total('missing'))} intervals missing`,
    ...(estimated > 0 ? [`${percent(estimated, total('present'))} % estimated`] : []),
  ]);
}

/** Cut, not rounded: 100 % is said only of what is whole. */
function percent(part: number, whole: number): string {
  if (whole === 0) return '0';
  return String(Math.floor((1000 * part) / whole) / 10);
}

function figure(name: string, value: string, unit: string, notes: readonly string[]): HTMLElement {
  return el(
    'div',
    { class: 'figure' },
    el('dt', {}, name),
    el(
      'dd',
      {},
      el('span', { class: 'value' }, value, el('small', {}, ` ${unit}`)),
      el('span', { class: 'note' }, notes.join(', ')),
    ),
  );
}
