import { formatMonth } from '../lib/format.ts';
import type { TableData } from '../lib/table.ts';
import { channelColour, channelName, signed } from './channels.ts';
import type { ChartSpec, Palette } from './chart.ts';
import { axisStyle, monthAxis, tooltip } from './chart-parts.ts';
import { heatScale, highValue } from './heat-map.ts';
import { channelsOf, hourlyMeans, isOfKind } from './profile.ts';
import type { Channel, ProfileHour } from './types.ts';

/** A line of the profile: the mean power of each hour over some days. */
interface ProfileLine {
  readonly name: string;
  readonly channel: Channel;
  readonly style: 'solid' | 'dashed' | 'dotted';
  readonly means: readonly (number | null)[];
}

/**
 * Lines of a typical day: weekdays solid, weekends dashed, and what is compared dotted.
 * @param other all days of what is compared with, and its name
 */
export function profileLines(
  rows: readonly ProfileHour[],
  other: { readonly name: string; readonly rows: readonly ProfileHour[] } | null,
): ProfileLine[] {
  const lines = channelsOf(rows).flatMap((channel): ProfileLine[] => [
    {
      name: `${channelName(channel)}, weekdays`,
      channel,
      style: 'solid',
      means: hourlyMeans(rows, (row) => row.channel === channel && isOfKind(row, 'weekdays')),
    },
    {
      name: `${channelName(channel)}, weekends`,
      channel,
      style: 'dashed',
      means: hourlyMeans(rows, (row) => row.channel === channel && isOfKind(row, 'weekends')),
    },
  ]);
  const compared = channelsOf(other?.rows ?? []).map(
    (channel): ProfileLine => ({
      name: `${channelName(channel)}, ${other?.name}`,
      channel,
      style: 'dotted',
      means: hourlyMeans(other?.rows ?? [], (row) => row.channel === channel),
    }),
  );
  const all = channelsOf(rows).map(
    (channel): ProfileLine => ({
      name: `${channelName(channel)}, all days`,
      channel,
      style: 'solid',
      means: hourlyMeans(rows, (row) => row.channel === channel),
    }),
  );
  return other === null ? lines : [...all, ...compared];
}

export function profileChart(lines: readonly ProfileLine[]): ChartSpec {
  return {
    kind: 'bars',
    label: 'Mean power by hour of the clock. The numbers are in the table below.',
    option: (colour) => ({
      tooltip: tooltip(
        ([point]: readonly { readonly dataIndex: number }[]) => describeHour(lines, point?.dataIndex ?? 0),
        { trigger: 'axis' },
      ),
      legend: { top: 0, right: 8, type: 'plain', textStyle: { color: colour('muted') }, itemHeight: 8 },
      grid: { left: 48, right: 8, top: lines.length > 2 ? 64 : 44, bottom: 28 },
      xAxis: {
        type: 'category',
        boundaryGap: false,
        data: Array.from({ length: 24 }, (_, hour) => hourName(hour)),
        ...axisStyle(colour),
      },
      yAxis: { type: 'value', name: 'kW', nameTextStyle: { color: colour('muted') }, ...axisStyle(colour) },
      series: lines.map(({ name, channel, style, means }) => ({
        type: 'line',
        name,
        showSymbol: false,
        color: style === 'dotted' ? colour('chart-other') : channelColour(colour, channel),
        lineStyle: { width: 2, type: style },
        data: means.map((kw) => (kw === null ? null : signed(channel, kw))),
        emphasis: { disabled: true },
      })),
    }),
  };
}

function describeHour(lines: readonly ProfileLine[], hour: number): string[] {
  return [
    `${hourName(hour)} to ${hourName(hour + 1)}`,
    ...lines.map(({ name, means }) => `${name}: ${kw(means[hour])}`),
  ];
}

export function profileTable(lines: readonly ProfileLine[]): TableData {
  const rows = Array.from({ length: 24 }, (_, hour) => [
    hourName(hour),
    ...lines.map(({ means }) => means[hour]?.toFixed(3) ?? ''),
  ]);
  return { heads: ['Hour', ...lines.map(({ name }) => `${name} (kW)`)], rows };
}

/** Months across, hours of the clock down: the heat map of a range that is too long for its days. */
export function monthHeatMap(
  rows: readonly ProfileHour[],
  channel: Channel,
  onOpenMonth: (firstDay: string) => void,
): ChartSpec {
  const means = [...meansByMonth(rows, channel)];
  const months = means.map(([month]) => month);
  const cells = means.flatMap(([, hours], column) =>
    hours.flatMap((mean, hour) => (mean === null ? [] : [[column, hour, mean] as const])),
  );
  const max = highValue(cells.map(([, , mean]) => mean));
  return {
    kind: 'heat',
    label: `${channelName(channel)} by month and hour of the clock. The numbers are in the table below.`,
    onClick: (x) => {
      const month = months[Math.round(x)];
      if (month !== undefined) onOpenMonth(month);
    },
    option: (colour, widthPx) => ({
      tooltip: tooltip(({ value: [column = 0, hour = 0, mean] }: { value: readonly number[] }) => [
        `${formatMonth(months[column] ?? '', 'long')}, ${hourName(hour)} to ${hourName(hour + 1)}`,
        kw(mean),
      ]),
      grid: { left: 48, right: 8, top: 8, bottom: 64 },
      xAxis: monthAxis(colour, months),
      yAxis: hourAxis(colour),
      visualMap: { ...heatScale(colour, widthPx, max, 'kW'), seriesIndex: 0 },
      series: [{ type: 'heatmap', data: cells, progressive: 0, emphasis: { disabled: true } }],
    }),
  };
}

function meansByMonth(rows: readonly ProfileHour[], channel: Channel) {
  const months = Map.groupBy(
    rows.filter((row) => row.channel === channel),
    ({ month }) => month,
  );
  return new Map([...months].map(([month, group]) => [month, hourlyMeans(group, () => true)] as const));
}

function hourAxis(colour: Palette): object {
  return {
    type: 'category',
    inverse: true,
    data: Array.from({ length: 24 }, (_, hour) => hourName(hour)),
    ...axisStyle(colour),
    axisLabel: { color: colour('muted'), interval: 3 },
  };
}

export function monthHeatTable(rows: readonly ProfileHour[], channel: Channel): TableData {
  return {
    heads: ['Month', ...Array.from({ length: 24 }, (_, hour) => `${hourName(hour)} (kW)`)],
    rows: [...meansByMonth(rows, channel)].map(([month, hours]) => [
      { show: formatMonth(month, 'long'), text: month.slice(0, 7) },
      ...hours.map((mean) => mean?.toFixed(3) ?? ''),
    ]),
  };
}

function kw(mean: number | null | undefined): string {
  return mean == null ? 'nothing stored' : `${mean.toFixed(3)} kW`;
}

export function hourName(hour: number): string {
  return `${String(hour).padStart(2, '0')}:00`;
}
