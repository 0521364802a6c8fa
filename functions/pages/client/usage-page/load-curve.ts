import { formatDate } from '../lib/format.ts';
import { channelColour, channelName } from './channels.ts';
import { axisStyle, type ChartSpec, legend, tooltip } from './chart.ts';
import type { Range } from './year.ts';

/**
 * Every interval of the range, to be zoomed. The axis counts slots, not clock time, so that days of 23 and 25 hours have
 * their true width; a missing interval is a gap in the line.
 */
export function loadCurve({ starts, series }: Range): ChartSpec {
  return {
    kind: 'curve',
    onZoom: (first, last) => ({ xAxis: { axisLabel: labels(last - first) } }),
    label: 'Load curve of every interval. The daily sums are in the table below.',
    option: (colour) => ({
      tooltip: tooltip(colour, {
        trigger: 'axis',
        formatter: (points: readonly { dataIndex: number }[]) => {
          const slot = points[0]?.dataIndex ?? 0;
          const start = starts[slot] ?? '';
          const lines = series.map(({ channel, kwh, estimated }) => {
            const value = kwh[slot] == null ? 'missing' : `${kwh[slot]} kWh`;
            return `${channelName(channel)}: ${value}${estimated[slot] ? ', estimated' : ''}`;
          });
          return [
            `${formatDate(start.slice(0, 10))}, ${start.slice(11, 16)} (${start.slice(19)})`,
            ...lines,
          ].join('\n');
        },
      }),
      legend: legend(colour, series.length),
      grid: { left: 48, right: 16, top: 30, bottom: 76 },
      xAxis: {
        type: 'category',
        data: starts,
        boundaryGap: false,
        ...axisStyle(colour),
        axisLabel: { color: colour('muted'), hideOverlap: true, ...labels(starts.length) },
      },
      yAxis: {
        type: 'value',
        name: 'kWh per 15 min',
        nameTextStyle: { color: colour('muted'), align: 'left' },
        ...axisStyle(colour),
      },
      dataZoom: [
        { type: 'inside', minValueSpan: 12, zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false },
        {
          type: 'slider',
          height: 28,
          bottom: 12,
          minValueSpan: 12,
          borderColor: colour('line'),
          fillerColor: `${colour('chart-import')}33`,
          handleStyle: { color: colour('surface'), borderColor: colour('line-strong') },
          moveHandleStyle: { color: colour('line-strong') },
          dataBackground: {
            lineStyle: { color: colour('line-strong') },
            areaStyle: { color: colour('line') },
          },
          selectedDataBackground: {
            lineStyle: { color: colour('chart-import') },
            areaStyle: { color: colour('chart-import') },
          },
          textStyle: { color: colour('muted') },
          labelFormatter: (_: number, start: string) => timeLabel(start),
        },
      ],
      series: series.map(({ channel, kwh }) => ({
        type: 'line',
        name: channelName(channel),
        data: kwh.map((value) =>
          value === null ? null : (channel === 'generation' ? -1 : 1) * Number(value),
        ),
        sampling: 'minmax',
        showSymbol: false,
        connectNulls: false,
        lineStyle: { width: 1.25 },
        areaStyle: { opacity: 0.12 },
        color: channelColour(colour, channel),
        emphasis: { disabled: true },
      })),
    }),
  };
}

const slotsPerDay = 96;

/** Which starts are labelled, and how, when so many slots are in view: months, days, or hours. */
function labels(slotsInView: number) {
  const daysInView = slotsInView / slotsPerDay;
  if (daysInView > 120) return { interval: isStart(/-01T00:00/), formatter: monthLabel };
  if (daysInView > 2) return { interval: isStart(/T00:00/), formatter: dayLabel };
  return { interval: isStart(daysInView > 0.5 ? /:00:00/ : /T/), formatter: timeLabel };
}

function isStart(pattern: RegExp): (index: number, start: string) => boolean {
  return (_, start) => pattern.test(start);
}

function monthLabel(start: string): string {
  return formatPart(start, { month: 'short', year: '2-digit' });
}

function dayLabel(start: string): string {
  return formatPart(start, { month: 'short', day: 'numeric' });
}

/** The day at midnight, else the time. */
function timeLabel(start: string): string {
  const time = start.slice(11, 16);
  return time === '00:00' ? dayLabel(start) : `${dayLabel(start)} ${time}`;
}

function formatPart(start: string, parts: Intl.DateTimeFormatOptions): string {
  return new Date(`${start.slice(0, 10)}T00:00:00Z`).toLocaleDateString('en-US', {
    timeZone: 'UTC',
    ...parts,
  });
}
