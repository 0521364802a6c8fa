import type { EChartsType } from 'echarts/core';
import { messageOf } from '../lib/api.ts';
import { announce } from '../lib/dom.ts';
import { fetchIntervals } from './api.ts';
import { channelName } from './channels.ts';
import type { ChartSpec, Palette } from './chart.ts';
import { axisStyle, legend, tooltip } from './chart-parts.ts';
import type { DayWindow } from './day-window.ts';
import { axisLabels, sliderLabel } from './load-axis.ts';
import { barSeries, describeBar } from './load-bars.ts';
import { curveSeries, describeSlot } from './load-curve.ts';
import { type PeriodKind, periodsOf, type RangeUsage } from './range-usage.ts';
import { layOut, type SlotRange } from './slots.ts';

export interface LoadChartOptions {
  /** What is in view at first; null is all of it. */
  readonly zoom: DayWindow | null;
  /** Called when a zoom ends; null is the whole range. */
  readonly onZoom: (zoom: DayWindow | null) => void;
  readonly onOpenDay: (date: string) => void;
}

/** Up to this many days in view, the 15-minute curve replaces the bars. */
const maxCurveDays = 14;
/** Below this width of a bar, days become weeks. */
const minBarPx = 0.75;
/** How long zooming must rest before it counts. */
const restMs = 250;

const plotMargins = { left: 48, right: 16, top: 30, bottom: 76 };

/**
 * The energy of a range over time: a bar a day (a week where days would be too narrow), and the curve of every interval
 * once zoomed in. The axis counts days, and days of 23 and 25 hours are as wide as others.
 */
export function loadChart(
  range: RangeUsage,
  { zoom, onZoom, onOpenDay }: LoadChartOptions,
  signal: AbortSignal,
): ChartSpec {
  const all: DayWindow = { first: 0, last: range.dates.length };
  let view = zoom ?? all;
  /** The intervals in view, once they are loaded. */
  let curve: { readonly firstDay: number; readonly slots: SlotRange } | null = null;

  async function loadCurve(): Promise<void> {
    const firstDay = Math.floor(view.first);
    const days = range.dates.slice(firstDay, Math.max(firstDay + 1, Math.ceil(view.last)));
    const selection = { ...range.selection, from: days[0] ?? '', to: days.at(-1) ?? '' };
    curve = { firstDay, slots: layOut(selection, await fetchIntervals(selection)) };
  }

  /** Draws what fits the view: the chart shows bars until the intervals have come. */
  async function showView(redraw: () => void): Promise<void> {
    const shownView = view;
    curve = null;
    if (isCurve(view)) {
      try {
        await loadCurve();
      } catch (error) {
        announce(`The curve could not be loaded. ${messageOf(error)}`);
      }
    }
    if (!signal.aborted && shownView === view) redraw();
  }

  function followZoom(instance: EChartsType, redraw: () => void): void {
    let resting: ReturnType<typeof setTimeout> | undefined;
    instance.on('datazoom', () => {
      const { dataZoom } = instance.getOption() as { dataZoom?: { startValue: number; endValue: number }[] };
      const [current] = dataZoom ?? [];
      if (!current) return;
      view = { first: current.startValue, last: current.endValue };
      instance.setOption({
        xAxis: { axisLabel: axisLabels(range.dates, view, plotWidth(instance.getWidth())) },
      });
      clearTimeout(resting);
      resting = setTimeout(() => {
        const isAll = view.first <= all.first && view.last >= all.last;
        onZoom(isAll ? null : view);
        void showView(redraw);
      }, restMs);
    });
    if (isCurve(view)) void showView(redraw);
  }

  return {
    kind: 'curve',
    label: 'Energy over time. The daily sums are in the table below.',
    onClick: (x) => {
      const date = range.dates[Math.floor(x)];
      if (date !== undefined) onOpenDay(date);
    },
    onReady: followZoom,
    option: (colour, widthPx) => {
      const plotPx = plotWidth(widthPx);
      const kind: PeriodKind = plotPx / (view.last - view.first) < minBarPx ? 'week' : 'day';
      const shown = curve;
      const drawn = shown
        ? {
            unit: 'kWh per 15 min',
            series: curveSeries(shown.slots, shown.firstDay, colour),
            lines: (x: number) => describeSlot(shown.slots, x - shown.firstDay),
          }
        : barsOf(range, kind, colour);
      return {
        tooltip: tooltip<readonly { readonly value: readonly number[] }[]>(
          ([point]) => (point?.value[0] === undefined ? [] : drawn.lines(point.value[0])),
          { trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: colour('line-strong') } } },
        ),
        legend: {
          ...legend(colour, range.channels.length),
          data: range.channels.map((shown) => channelName(shown.channel)),
        },
        grid: plotMargins,
        xAxis: {
          ...axisStyle(colour),
          type: 'value',
          min: all.first,
          max: all.last,
          splitLine: { show: false },
          axisLabel: { color: colour('muted'), hideOverlap: true, ...axisLabels(range.dates, view, plotPx) },
        },
        yAxis: {
          ...axisStyle(colour),
          type: 'value',
          name: drawn.unit,
          nameTextStyle: { color: colour('muted'), align: 'left' },
        },
        dataZoom: zoomControls(range, view, colour),
        series: drawn.series,
      };
    },
  };
}

function plotWidth(widthPx: number): number {
  return widthPx - plotMargins.left - plotMargins.right;
}

function isCurve({ first, last }: DayWindow): boolean {
  return last - first <= maxCurveDays;
}

function barsOf(range: RangeUsage, kind: PeriodKind, colour: Palette) {
  const channels = range.channels.map(({ channel, days }) => ({ channel, periods: periodsOf(days, kind) }));
  return {
    unit: `kWh a ${kind}`,
    series: barSeries(channels, range.dates, kind, colour),
    lines: (x: number) => describeBar(channels, range.dates, x),
  };
}

function zoomControls({ dates }: RangeUsage, view: DayWindow, colour: Palette): object[] {
  const window = { startValue: view.first, endValue: view.last, minValueSpan: 0.25, filterMode: 'none' };
  return [
    { type: 'inside', ...window, zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false },
    {
      type: 'slider',
      ...window,
      height: 28,
      bottom: 12,
      brushSelect: false,
      borderColor: colour('line'),
      fillerColor: `${colour('chart-import')}33`,
      handleStyle: { color: colour('surface'), borderColor: colour('line-strong') },
      moveHandleStyle: { color: colour('line-strong') },
      dataBackground: { lineStyle: { color: colour('line-strong') }, areaStyle: { color: colour('line') } },
      selectedDataBackground: {
        lineStyle: { color: colour('chart-import') },
        areaStyle: { color: colour('chart-import') },
      },
      textStyle: { color: colour('muted') },
      labelFormatter: (x: number) => sliderLabel(dates, x),
    },
  ];
}
