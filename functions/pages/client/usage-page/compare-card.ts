import { el } from '../lib/dom.ts';
import { formatDate, formatDayOfYear, formatMonth } from '../lib/format.ts';
import { type Cell, type TableData, table } from '../lib/table.ts';
import { usageUrl } from './address.ts';
import { channelColour, channelName, signed } from './channels.ts';
import type { ChartSpec } from './chart.ts';
import { chartCard } from './chart-card.ts';
import { axisStyle, tooltip } from './chart-parts.ts';
import { channelOf, peakDayOf } from './figures.ts';
import { periodStyle } from './load-bars.ts';
import { meterLabel } from './meter-names.ts';
import { type ChannelUsage, type Period, periodsOf, type RangeUsage, sumUnits } from './range-usage.ts';
import type { Channel } from './types.ts';
import { changeText, kwhDecimal, kwhNumber, kwhText } from './units.ts';

/** Longer ranges are compared month by month. */
const maxDaysByDay = 120;

/** Two ranges side by side: sums, peaks and how complete each is, and their days or months one on the other. */
export function compareCard(range: RangeUsage, other: RangeUsage, signal: AbortSignal): HTMLElement {
  const pairs = range.channels.map(({ channel }) => pairOf(range, other, channel));
  const name = comparedName(range, other);
  return chartCard(
    {
      title: `Compared with ${name}`,
      note: 'First with first, second with second',
      above: [table('Comparison', summary(range, other, name), 'wrap')],
      chart: compareChart(pairs, name),
      table: { title: 'Comparison as a table', data: () => pairsTable(pairs) },
      filename: `comparison-${range.selection.esiid}-${range.selection.from}-${range.selection.to}`,
    },
    signal,
  );
}

/** What a range is compared with, in words. */
export function comparedName({ selection }: RangeUsage, other: RangeUsage): string {
  const { esiid, from, to } = other.selection;
  return esiid === selection.esiid ? `${formatDate(from)} to ${formatDate(to)}` : meterLabel(esiid);
}

interface Pair {
  readonly channel: Channel;
  readonly periods: readonly Period[];
  readonly others: readonly Period[];
}

function pairOf(range: RangeUsage, other: RangeUsage, channel: Channel): Pair {
  const kind = range.dates.length > maxDaysByDay ? 'month' : 'day';
  return {
    channel,
    periods: periodsOf(channelOf(range, channel)?.days ?? [], kind),
    others: periodsOf(channelOf(other, channel)?.days ?? [], kind),
  };
}

function summary(range: RangeUsage, other: RangeUsage, name: string): TableData {
  const rows = range.channels.flatMap((usage): Cell[][] => {
    const compared = channelOf(other, usage.channel) ?? { channel: usage.channel, days: [] };
    const energy = sumUnits(usage.days);
    const otherEnergy = sumUnits(compared.days);
    const mean = meanOfWholeDays(usage);
    const otherMean = meanOfWholeDays(compared);
    const label = channelName(usage.channel);
    return [
      [`${label}, kWh`, kwhText(energy), kwhText(otherEnergy), changeText(energy, otherEnergy)],
      [`${label}, kWh a complete day`, dayMean(mean), dayMean(otherMean), changeText(mean, otherMean)],
      [
        `${label}, peak day`,
        peakCell(range.selection.esiid, usage),
        peakCell(other.selection.esiid, compared),
        '',
      ],
      [`${label}, complete days`, completeDays(usage), completeDays(compared), ''],
    ];
  });
  return { heads: ['', 'This range', name, 'Change'], rows };
}

/** Mean of the days that are complete, so that missing days do not look like saved energy. */
function meanOfWholeDays({ days }: ChannelUsage): bigint | null {
  const whole = days.filter(({ present, expected }) => present === expected);
  const sum = sumUnits(whole);
  return sum === null ? null : sum / BigInt(whole.length);
}

function dayMean(units: bigint | null): string {
  return units === null ? '–' : kwhNumber(units).toFixed(2);
}

function peakCell(esiid: string, { days }: ChannelUsage): Cell {
  const peak = peakDayOf(days);
  if (!peak) return '–';
  const href = usageUrl({ esiid, day: peak.usage_date });
  const link = el('a', { href }, formatDate(peak.usage_date));
  return el('span', {}, `${kwhText(peak.units)} kWh on `, link);
}

function completeDays({ days }: ChannelUsage): string {
  return `${days.filter(({ present, expected }) => present === expected).length} of ${days.length}`;
}

function compareChart(pairs: readonly Pair[], name: string): ChartSpec {
  const [longest] = pairs.toSorted((a, b) => b.periods.length - a.periods.length);
  const periods = longest?.periods ?? [];
  return {
    kind: 'bars',
    label: `Energy of this range, and of ${name}. The numbers are in the table below.`,
    option: (colour) => ({
      tooltip: tooltip(
        ([point]: readonly { readonly dataIndex: number }[]) => describe(pairs, point?.dataIndex ?? 0),
        { trigger: 'axis', axisPointer: { type: 'shadow' } },
      ),
      legend: { top: 0, right: 8, textStyle: { color: colour('muted') }, itemHeight: 10 },
      grid: { left: 56, right: 8, top: pairs.length > 1 ? 56 : 36, bottom: 28 },
      xAxis: {
        type: 'category',
        data: periods.map(periodLabel),
        ...axisStyle(colour),
      },
      yAxis: { type: 'value', name: 'kWh', nameTextStyle: { color: colour('muted') }, ...axisStyle(colour) },
      series: pairs.flatMap(({ channel, periods: own, others }) => [
        {
          type: 'bar',
          name: `${channelName(channel)}, this range`,
          stack: 'own',
          barMaxWidth: 40,
          color: channelColour(colour, channel),
          emphasis: { disabled: true },
          data: own.map((period) => ({
            value: period.units === null ? null : signed(channel, kwhNumber(period.units)),
            itemStyle: periodStyle({ ...period, estimated: 0 }, colour),
          })),
        },
        {
          type: 'line',
          name: `${channelName(channel)}, compared`,
          color: colour('chart-other'),
          lineStyle: { width: 2, type: channel === 'generation' ? 'dotted' : 'solid' },
          symbolSize: 5,
          data: others.map(({ units }) => (units === null ? null : signed(channel, kwhNumber(units)))),
          emphasis: { disabled: true },
        },
      ]),
    }),
  };
}

function periodLabel({ first, days }: Period): string {
  return days > 1 ? formatMonth(first) : formatDayOfYear(first);
}

function periodName({ first, days }: Period): string {
  return days > 1 ? formatMonth(first, 'long') : formatDate(first);
}

function describe(pairs: readonly Pair[], index: number): string[] {
  return pairs.flatMap(({ channel, periods, others }) =>
    [periods[index], others[index]].flatMap((period) =>
      period ? [`${periodName(period)}: ${channelName(channel)} ${kwhText(period.units)} kWh`] : [],
    ),
  );
}

function pairsTable(pairs: readonly Pair[]): TableData {
  const rows = pairs.flatMap(({ channel, periods, others }) =>
    Array.from({ length: Math.max(periods.length, others.length) }, (_, index) => {
      const [own, other] = [periods[index], others[index]];
      return [
        channelName(channel),
        own ? periodName(own) : '',
        kwhDecimal(own?.units ?? null),
        other ? periodName(other) : '',
        kwhDecimal(other?.units ?? null),
      ];
    }),
  );
  return { heads: ['Channel', 'This range', 'kWh', 'Compared', 'kWh'], rows };
}
