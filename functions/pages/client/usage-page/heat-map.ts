import type { CustomSeriesRenderItem } from 'echarts/types/src/chart/custom/CustomSeries.js';
import { formatDate } from '../lib/format.ts';
import { axisStyle, type ChartSpec, type Palette, tooltip } from './chart.ts';
import { type Cell, cellsOf, skippedCells } from './heat-cells.ts';
import type { Range, Series } from './year.ts';

const heatColours = ['chart-heat-0', 'chart-heat-1', 'chart-heat-2', 'chart-heat-3', 'chart-heat-4'];

/**
 * Days across, time of day down. The hour that fall back repeats has two values in one place: its cells are halves, the
 * first pass left. The hour that spring forward skips is marked as what it is, and not as missing.
 */
export function heatMap(range: Range, series: Series): ChartSpec {
  const cells = cellsOf(range.days, series);
  const whole = cells.filter(([, , , , half]) => half === 0);
  const halves = cells.filter(([, , , , half]) => half !== 0);
  const skipped = skippedCells(range.days);
  const max = highValue(cells);
  return {
    kind: 'heat',
    label: `Heat map of ${series.channel} by day and time of day. The daily sums are in the table below.`,
    option: (colour, widthPx) => ({
      tooltip: tooltip(colour, { formatter: ({ value }: { value: Cell }) => describe(range, series, value) }),
      grid: { left: 48, right: 8, top: 8, bottom: 64 },
      xAxis: {
        type: 'category',
        data: range.days.map(({ date }) => date),
        ...axisStyle(colour),
        axisLabel: { color: colour('muted'), hideOverlap: true, formatter: shortDate },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: Array.from({ length: 96 }, (_, quarter) => timeOf(quarter)),
        ...axisStyle(colour),
        axisLabel: { color: colour('muted'), interval: (quarter: number) => quarter % 16 === 0 },
      },
      visualMap: {
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
        text: [`${max} kWh`, '0'],
        textStyle: { color: colour('muted') },
        inRange: { color: heatColours.map(colour) },
      },
      series: [
        { type: 'heatmap', data: whole, progressive: 0, emphasis: { disabled: true } },
        { type: 'custom', renderItem: halfCell, data: halves, encode: { x: 0, y: 1 } },
        {
          type: 'custom',
          renderItem: skippedCell(colour),
          data: skipped,
          encode: { x: 0, y: 1 },
          silent: true,
        },
      ],
    }),
  };
}

/** Where the colours end: one odd interval should not make all others pale. */
function highValue(cells: readonly Cell[]): number {
  const values = cells.map(([, , kwh]) => kwh).sort((a, b) => a - b);
  const high = values[Math.floor(values.length * 0.995)] ?? 1;
  return high > 0 ? Number(high.toPrecision(2)) : 1;
}

type CustomApi = Parameters<CustomSeriesRenderItem>[1];

/** The rectangle of a cell on the canvas. */
function cellShape(api: CustomApi) {
  const [centerX = 0, centerY = 0] = api.coord([api.value(0), api.value(1)]);
  const [width = 0, height = 0] = (api.size?.([1, 1]) ?? []) as number[];
  return { x: centerX - width / 2, y: centerY - height / 2, width, height };
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

function skippedCell(colour: Palette): CustomSeriesRenderItem {
  return (_parameters, api) => ({
    type: 'rect',
    shape: cellShape(api),
    style: { fill: colour('line-strong') },
  });
}

function describe({ days, starts }: Range, series: Series, [column, , , slot, half]: Cell): string {
  const start = starts[slot] ?? '';
  const pass = half === 0 ? '' : half === 1 ? ' (first pass)' : ' (second pass)';
  return [
    `${formatDate(days[column]?.date ?? '')}, ${start.slice(11, 16)}${pass}`,
    `${series.kwh[slot]} kWh${series.estimated[slot] ? ', estimated' : ''}`,
  ].join('\n');
}

function timeOf(quarter: number): string {
  return `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`;
}

function shortDate(date: string): string {
  return new Date(`${date}T00:00:00Z`).toLocaleDateString('en-US', {
    timeZone: 'UTC',
    month: 'short',
    day: 'numeric',
  });
}
