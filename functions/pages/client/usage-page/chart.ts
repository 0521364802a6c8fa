import { BarChart, CustomChart, HeatmapChart, LineChart } from 'echarts/charts';
import {
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
} from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { el } from '../lib/dom.ts';

use([
  BarChart,
  CustomChart,
  HeatmapChart,
  LineChart,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
  CanvasRenderer,
]);

/** Colours as the style sheet has them at the moment, light or dark. */
export type Palette = (name: string) => string;

export interface ChartSpec {
  /** Class that gives the height. */
  readonly kind: 'heat' | 'curve' | 'months' | 'strip';
  /** What a screen reader says of it; tables below the charts hold the numbers. */
  readonly label: string;
  readonly heightPx?: number;
  readonly option: (palette: Palette, widthPx: number) => EChartsCoreOption;
  /** What changes when someone has zoomed to these positions of the axis. */
  readonly onZoom?: (first: number, last: number) => EChartsCoreOption;
}

const darkMode = matchMedia('(prefers-color-scheme: dark)');

/** A chart that follows its width and the colour scheme, until the signal ends it. */
export function chart(
  { kind, label, heightPx, option, onZoom }: ChartSpec,
  signal: AbortSignal,
): HTMLElement {
  const place = el('div', { class: `chart ${kind}`, role: 'img', 'aria-label': label });
  if (heightPx !== undefined) place.style.height = `${heightPx}px`;
  requestAnimationFrame(() => {
    if (signal.aborted) return;
    const instance = init(place);
    const draw = () =>
      instance.setOption({ ...common(palette), ...option(palette, place.clientWidth) }, true);
    draw();
    instance.on('datazoom', () => {
      const { dataZoom } = instance.getOption() as { dataZoom?: { startValue: number; endValue: number }[] };
      const [zoom] = dataZoom ?? [];
      if (zoom && onZoom) instance.setOption(onZoom(zoom.startValue, zoom.endValue));
    });
    const resized = new ResizeObserver(() => {
      if (instance.getWidth() === place.clientWidth) return;
      instance.resize();
      draw();
    });
    resized.observe(place);
    darkMode.addEventListener('change', draw, { signal });
    signal.addEventListener('abort', () => {
      resized.disconnect();
      instance.dispose();
    });
  });
  return place;
}

function palette(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function common(colour: Palette): EChartsCoreOption {
  return {
    animation: false,
    textStyle: { fontFamily: 'inherit', color: colour('text') },
    backgroundColor: 'transparent',
  };
}

/** Drawn on the canvas: as HTML it would need inline styles, which the page's policy forbids, and could carry markup. */
export function tooltip(colour: Palette, more: object = {}): object {
  return {
    renderMode: 'richText',
    confine: true,
    backgroundColor: colour('surface'),
    borderColor: colour('line-strong'),
    textStyle: { color: colour('text'), fontSize: 13, lineHeight: 19 },
    ...more,
  };
}

/** Names the colours when there is more than one. */
export function legend(colour: Palette, seriesCount: number): object {
  return { show: seriesCount > 1, top: 0, right: 8, textStyle: { color: colour('muted') }, itemHeight: 10 };
}

export function axisStyle(colour: Palette): object {
  return {
    axisLine: { lineStyle: { color: colour('line') } },
    axisTick: { show: false },
    axisLabel: { color: colour('muted'), hideOverlap: true },
    splitLine: { lineStyle: { color: colour('chart-grid') } },
  };
}
