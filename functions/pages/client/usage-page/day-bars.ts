import { channelColour, channelName, signed } from './channels.ts';
import type { ChartSpec } from './chart.ts';
import { axisStyle, legend, tooltip } from './chart-parts.ts';
import { slotLine } from './load-curve.ts';
import type { SlotRange } from './slots.ts';

/** A bar for each interval of a day; estimates are violet, and a missing one is a mark on the axis. */
export function dayBars({ starts, series }: SlotRange): ChartSpec {
  return {
    kind: 'curve',
    label: 'Energy of each interval of the day. The numbers are in the table below.',
    option: (colour) => ({
      tooltip: tooltip(
        ([point]: readonly { readonly dataIndex: number }[]) => {
          const slot = point?.dataIndex ?? 0;
          const start = starts[slot] ?? '';
          return [
            `${start.slice(11, 16)} (${start.slice(19)})`,
            ...series.map((values) => slotLine(values, slot)),
          ];
        },
        { trigger: 'axis', axisPointer: { type: 'shadow' } },
      ),
      legend: { ...legend(colour, series.length), data: series.map(({ channel }) => channelName(channel)) },
      grid: { left: 48, right: 8, top: 30, bottom: 28 },
      xAxis: {
        type: 'category',
        data: starts,
        ...axisStyle(colour),
        axisLabel: {
          color: colour('muted'),
          hideOverlap: true,
          interval: (_: number, start: string) => start.slice(14, 16) === '00',
          formatter: (start: string) => start.slice(11, 16),
        },
      },
      yAxis: {
        type: 'value',
        name: 'kWh per 15 min',
        nameTextStyle: { color: colour('muted'), align: 'left' },
        ...axisStyle(colour),
      },
      series: series.flatMap(({ channel, kwh, estimated }) => [
        {
          type: 'bar',
          name: channelName(channel),
          stack: 'day',
          color: channelColour(colour, channel),
          barCategoryGap: '15%',
          emphasis: { disabled: true },
          data: kwh.map((value, slot) => ({
            value: value === null ? null : signed(channel, Number(value)),
            ...(estimated[slot] && { itemStyle: { color: colour('chart-estimated') } }),
          })),
        },
        {
          type: 'line',
          name: `${channelName(channel)}, missing`,
          data: kwh.map((value) => (value === null ? 0 : null)),
          lineStyle: { width: 0 },
          symbol: 'rect',
          symbolSize: [5, 8],
          showSymbol: true,
          showAllSymbol: true,
          color: colour('chart-missing'),
          emphasis: { disabled: true },
        },
      ]),
    }),
  };
}
