import { formatMonth } from '../lib/format.ts';
import { channelColour, channelName, signed } from './channels.ts';
import type { ChartSpec } from './chart.ts';
import { axisStyle, legend, monthAxis, tooltip } from './chart-parts.ts';
import { type ChannelPeriods, periodLines, periodStyle } from './load-bars.ts';
import { kwhNumber } from './units.ts';

/** The sum of each local month; export hangs below the axis, and a month that is not complete is hatched. */
export function monthlyBars(
  channels: readonly ChannelPeriods[],
  onOpenMonth: (firstDay: string) => void,
): ChartSpec {
  const months = (channels[0]?.periods ?? []).map(({ first }) => first.slice(0, 7));
  return {
    kind: 'bars',
    label: 'Energy by month. The numbers are in the table below.',
    onClick: (x) => {
      const month = months[Math.round(x)];
      if (month !== undefined) onOpenMonth(`${month}-01`);
    },
    option: (colour) => ({
      tooltip: tooltip(
        ([point]: readonly { readonly dataIndex: number }[]) => describe(channels, point?.dataIndex ?? 0),
        { trigger: 'axis', axisPointer: { type: 'shadow' } },
      ),
      legend: legend(colour, channels.length),
      grid: { left: 56, right: 8, top: 30, bottom: 28 },
      xAxis: monthAxis(colour, months),
      yAxis: { type: 'value', name: 'kWh', nameTextStyle: { color: colour('muted') }, ...axisStyle(colour) },
      series: channels.map(({ channel, periods }) => ({
        type: 'bar',
        name: channelName(channel),
        stack: 'month',
        barMaxWidth: 48,
        color: channelColour(colour, channel),
        emphasis: { disabled: true },
        data: periods.map((period) => ({
          value: period.units === null ? null : signed(channel, kwhNumber(period.units)),
          itemStyle: {
            ...periodStyle({ ...period, estimated: 0 }, colour), // nearly every month has some
            borderRadius: channel === 'generation' ? [0, 0, 4, 4] : [4, 4, 0, 0],
          },
        })),
      })),
    }),
  };
}

function describe(channels: readonly ChannelPeriods[], index: number): string[] {
  const first = channels[0]?.periods[index]?.first;
  if (first === undefined) return [];
  const lines = channels.flatMap(({ channel, periods }) => {
    const period = periods[index];
    return period ? periodLines(channel, period) : [];
  });
  return [formatMonth(first, 'long'), ...lines];
}
