import { formatCount, formatDate, formatInstant } from '../lib/format.ts';
import { channelName } from './channels.ts';
import { axisStyle, type ChartSpec, tooltip } from './chart.ts';
import type { Coverage } from './types.ts';

type CoveredDay = Coverage['days'][number];

/** How a day is marked, worst first. */
export const marks = ['missing', 'partial', 'estimated', 'complete'] as const;
export const markNames = {
  missing: 'nothing stored',
  partial: 'partly stored',
  estimated: 'has estimates',
  complete: 'complete',
} as const;

function markOf({ expected, present, estimated }: CoveredDay): (typeof marks)[number] {
  if (present === 0) return 'missing';
  if (present < expected) return 'partial';
  return estimated > 0 ? 'estimated' : 'complete';
}

/** One stripe a channel, one mark a day: what is there, what is missing, what is an estimate. */
export function coverageStrip({ days }: Coverage): ChartSpec {
  const dates = [...new Set(days.map(({ usage_date }) => usage_date))];
  const channels = [...new Set(days.map(({ channel }) => channel))];
  const columns = new Map(dates.map((date, column) => [date, column]));
  const cells = days.map((day, index) => [
    columns.get(day.usage_date),
    channels.indexOf(day.channel),
    marks.indexOf(markOf(day)),
    index,
  ]);
  return {
    kind: 'strip',
    heightPx: 34 + 34 * channels.length,
    label: 'Coverage of each day. The gaps are listed below.',
    option: (colour) => ({
      tooltip: tooltip(colour, {
        formatter: ({ value }: { value: readonly number[] }) => describe(days[value[3] ?? 0]),
      }),
      grid: { left: 56, right: 8, top: 4, bottom: 26 },
      xAxis: {
        type: 'category',
        data: dates,
        ...axisStyle(colour),
        axisLabel: {
          color: colour('muted'),
          hideOverlap: true,
          formatter: (date: string) =>
            new Date(`${date}T00:00:00Z`).toLocaleDateString('en-US', {
              timeZone: 'UTC',
              month: 'short',
              day: 'numeric',
            }),
        },
      },
      yAxis: { type: 'category', inverse: true, data: channels.map(channelName), ...axisStyle(colour) },
      visualMap: {
        show: false,
        type: 'piecewise',
        dimension: 2,
        pieces: marks.map((mark, value) => ({ value, color: colour(`chart-${mark}`) })),
      },
      series: [
        {
          type: 'heatmap',
          data: cells,
          itemStyle: { borderColor: colour('surface'), borderWidth: dates.length > 120 ? 0 : 1 },
          emphasis: { disabled: true },
        },
      ],
    }),
  };
}

function describe(day: CoveredDay | undefined): string {
  if (day === undefined) return '';
  const { usage_date, channel, expected, present, estimated, revisions, days_late, first_received_at } = day;
  const lines = [
    `${formatDate(usage_date)}, ${channelName(channel)}`,
    `${formatCount(present)} of ${formatCount(expected)} intervals, ${formatCount(estimated)} estimated`,
  ];
  if (first_received_at === null || days_late === null) return lines.join('\n');
  const late = days_late === 0 ? 'within a day' : `${formatCount(days_late)} days after the day`;
  const revised = revisions === 1 ? '1 revision' : `${revisions} revisions`;
  return [...lines, revised, `first came ${formatInstant(first_received_at)}, ${late}`].join('\n');
}
