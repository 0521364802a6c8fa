import { formatDecimal } from '../lib/format.ts';
import { channelColour, channelName } from './channels.ts';
import { axisStyle, type ChartSpec, legend, tooltip } from './chart.ts';
import type { Channel, SumRow } from './types.ts';

/** The sum of each local month, as the API gives it; export hangs below the line. */
export function monthlyBars(sums: readonly SumRow[]): ChartSpec {
  const months = [...new Set(sums.map(({ start }) => start.slice(0, 7)))];
  const channels = [...new Set(sums.map(({ channel }) => channel))];
  const sumOf = (month: string, channel: Channel) =>
    sums.find((sum) => sum.start.startsWith(month) && sum.channel === channel);
  return {
    kind: 'months',
    label: 'Bars of the monthly sums. The numbers are in the table below.',
    option: (colour) => ({
      tooltip: tooltip(colour, {
        trigger: 'axis',
        axisPointer: { type: 'shadow' },
        formatter: (points: readonly { dataIndex: number }[]) => {
          const month = months[points[0]?.dataIndex ?? 0] ?? '';
          const lines = channels.map((channel) => {
            const sum = sumOf(month, channel);
            return `${channelName(channel)}: ${sum ? `${formatDecimal(sum.kwh)} kWh` : 'none'}`;
          });
          return [monthName(month, 'long'), ...lines].join('\n');
        },
      }),
      legend: legend(colour, channels.length),
      grid: { left: 56, right: 8, top: 30, bottom: 28 },
      xAxis: {
        type: 'category',
        data: months,
        ...axisStyle(colour),
        axisLabel: {
          color: colour('muted'),
          hideOverlap: true,
          formatter: (month: string) => monthName(month, 'short'),
        },
      },
      yAxis: { type: 'value', name: 'kWh', nameTextStyle: { color: colour('muted') }, ...axisStyle(colour) },
      series: channels.map((channel) => ({
        type: 'bar',
        name: channelName(channel),
        stack: 'month',
        barMaxWidth: 48,
        color: channelColour(colour, channel),
        itemStyle: { borderRadius: channel === 'generation' ? [0, 0, 4, 4] : [4, 4, 0, 0] },
        data: months.map(
          (month) => (channel === 'generation' ? -1 : 1) * Number(sumOf(month, channel)?.kwh ?? 0),
        ),
        emphasis: { disabled: true },
      })),
    }),
  };
}

export function monthName(month: string, style: 'short' | 'long'): string {
  return new Date(`${month}-01T00:00:00Z`).toLocaleDateString('en-US', {
    timeZone: 'UTC',
    month: style,
    year: style === 'long' ? 'numeric' : '2-digit',
  });
}
