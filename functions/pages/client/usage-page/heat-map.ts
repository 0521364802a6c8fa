import type { CustomSeriesRenderItem } from 'echarts/types/src/chart/custom/CustomSeries.js';
import { formatDate, formatDayOfYear, formatMonth } from '../lib/format.ts';
import { channelName } from './channels.ts';
import type { ChartSpec, Palette } from './chart.ts';
import { axisStyle, tooltip } from './chart-parts.ts';
import { type Cell, cellsOf, estimatedRuns, missingRuns, type Run, skippedRuns } from './heat-cells.ts';
import { slotLine } from './load-curve.ts';
import type { Series, SlotRange } from './slots.ts';

const heatColours = ['chart-heat-0', 'chart-heat-1', 'chart-heat-2', 'chart-heat-3', 'chart-heat-4'];

/**
 * Days across, time of day down. The hour that fall back repeats has two values in one place: its cells are halves, the
 * first pass left. The hour that spring forward skips is marked as what it is. What is missing has a colour of its own,
 * so that it does not look like zero, and estimates have a violet edge.
 */
export function heatMap(range: SlotRange, series: Series, onOpenDay: (date: string) => void): ChartSpec {
  const { days } = range;
  const cells = cellsOf(days, series);
  const whole = cells.filter(([, , , , half]) => half === 0);
  const halves = cells.filter(([, , , , half]) => half !== 0);
  const max = highValue(cells.map(([, , kwh]) => kwh));
  const runs = (data: readonly Run[], renderItem: CustomSeriesRenderItem) => ({
    type: 'custom',
    renderItem,
    data,
    encode: { x: 0, y: 1 },
    silent: true,
  });
  return {
    kind: 'heat',
    label: `${channelName(series.channel)} by day and time of day. The daily sums are in a table below.`,
    onClick: (x) => {
      const day = days[Math.round(x)];
      if (day) onOpenDay(day.date);
    },
    option: (colour, widthPx) => ({
      tooltip: tooltip(({ value }: { value: Cell }) => describe(range, series, value)),
      grid: { left: 48, right: 8, top: 8, bottom: 64 },
      xAxis: {
        type: 'category',
        data: days.map(({ date }) => date),
        ...axisStyle(colour),
        axisLabel: {
          color: colour('muted'),
          hideOverlap: true,
          ...(days.length > 120 && { interval: (_: number, date: string) => date.endsWith('-01') }),
          formatter: (date: string) => (days.length > 120 ? formatMonth(date) : formatDayOfYear(date)),
        },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: Array.from({ length: 96 }, (_, quarter) => timeOf(quarter)),
        ...axisStyle(colour),
        axisLabel: { color: colour('muted'), interval: (quarter: number) => quarter % 16 === 0 },
      },
      visualMap: heatScale(colour, widthPx, max, 'kWh'),
      series: [
        { type: 'heatmap', data: whole, progressive: 0, emphasis: { disabled: true } },
        { type: 'custom', renderItem: halfCell, data: halves, encode: { x: 0, y: 1 } },
        runs(skippedRuns(days), filledRun(colour('line-strong'))),
        runs(missingRuns(days, series), filledRun(colour('chart-gap'))),
        runs(estimatedRuns(days, series), edgedRun(colour('chart-estimated'))),
      ],
    }),
  };
}

/** The scale below a heat map, from zero up. It colours the first two series. */
export function heatScale(colour: Palette, widthPx: number, max: number, unit: string): object {
  return {
    min: 0,
    max,
    precision: 3,
    orient: 'horizontal',
    left: 'center',
    bottom: 0,
    itemHeight: Math.min(220, widthPx / 2),
    itemWidth: 12,
    dimension: 2,
    seriesIndex: [0, 1],
    text: [`${max} ${unit}`, '0'],
    textStyle: { color: colour('muted') },
    inRange: { color: heatColours.map(colour) },
  };
}

/** Where the colours end: one odd value should not make all others pale. */
export function highValue(values: readonly number[]): number {
  const high = values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.995)] ?? 1;
  return high > 0 ? Number(high.toPrecision(2)) : 1;
}

type CustomApi = Parameters<CustomSeriesRenderItem>[1];

/** The rectangle on the canvas of some cells of a column, from the one of the item down. */
function cellShape(api: CustomApi, cellCount = 1) {
  const [centerX = 0, centerY = 0] = api.coord([api.value(0), api.value(1)]);
  const [width = 0, height = 0] = (api.size?.([1, 1]) ?? []) as number[];
  return { x: centerX - width / 2, y: centerY - height / 2, width, height: height * cellCount };
}

const halfCell: CustomSeriesRenderItem = (_parameters, api) => {
  const { x, width, ...shape } = cellShape(api);
  const isSecond = api.value(4) === 2;
  return {
    type: 'rect',
    shape: { ...shape, x: isSecond ? x + width / 2 : x, width: width / 2 },
    style: { fill: api.visual('color') },
  };
};

function filledRun(fill: string): CustomSeriesRenderItem {
  return (_parameters, api) => ({
    type: 'rect',
    shape: cellShape(api, Number(api.value(2))),
    style: { fill },
  });
}

/** A line at the left edge, so that the values stay visible. */
function edgedRun(fill: string): CustomSeriesRenderItem {
  return (_parameters, api) => {
    const { width, ...shape } = cellShape(api, Number(api.value(2)));
    return { type: 'rect', shape: { ...shape, width: Math.max(1, Math.min(3, width / 3)) }, style: { fill } };
  };
}

function describe({ days, starts }: SlotRange, series: Series, [column, , , slot, half]: Cell): string[] {
  const start = starts[slot] ?? '';
  const pass = half === 0 ? '' : half === 1 ? ' (first pass)' : ' (second pass)';
  return [`${formatDate(days[column]?.date ?? '')}, ${start.slice(11, 16)}${pass}`, slotLine(series, slot)];
}

function timeOf(quarter: number): string {
  return `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`;
}
