import { BarChart, CustomChart, HeatmapChart, LineChart } from 'echarts/charts';
import {
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
} from 'echarts/components';
import { type EChartsCoreOption, type EChartsType, init, use } from 'echarts/core';
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

/** A colour of the style sheet by its name, for the scheme in use: light, dark or print. */
export type Palette = (name: string) => string;

export interface ChartSpec {
  /** Class that sets the height. */
  readonly kind: 'heat' | 'curve' | 'bars' | 'strip';
  /** What a screen reader says; the table below the chart holds the numbers. */
  readonly label: string;
  readonly heightPx?: number;
  readonly option: (palette: Palette, widthPx: number) => EChartsCoreOption;
  /** Called on a click at this position of the x axis, anywhere in the plot. */
  readonly onClick?: (x: number) => void;
  /** Called once the chart is drawn. Calling `redraw` draws it again with what `option` then returns. */
  readonly onReady?: (instance: EChartsType, redraw: () => void) => void;
}

export interface Chart {
  readonly element: HTMLElement;
  toPng(): Promise<Blob>;
}

/** What fits a letter or A4 page with the margins that browsers leave. */
const paperWidthPx = 660;

const darkScheme = matchMedia('(prefers-color-scheme: dark)');

/** Chart after chart, each in a frame of its own, so that the page responds in between. */
let drawn: Promise<void> = Promise.resolve();

/** A chart that follows its width and the colour scheme until the signal is aborted. */
export function createChart(spec: ChartSpec, signal: AbortSignal): Chart {
  const { kind, label, heightPx } = spec;
  const element = el('div', { class: `chart ${kind}`, role: 'img', 'aria-label': label });
  if (heightPx !== undefined) element.style.height = `${heightPx}px`;
  const created = Promise.withResolvers<EChartsType>();
  drawn = drawn
    .then(nextFrame)
    .then(() => {
      if (!signal.aborted) created.resolve(draw(element, spec, signal));
    })
    .catch(reportError);
  const toPng = async () => {
    const canvas = (await created.promise).renderToCanvas({
      pixelRatio: 2,
      backgroundColor: palette('surface'),
    });
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (blob === null) throw new Error('The browser could not make a picture of this chart.');
    return blob;
  };
  return { element, toPng };
}

function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => resolve());
  });
}

function draw(element: HTMLElement, spec: ChartSpec, signal: AbortSignal): EChartsType {
  const { option, onClick, onReady } = spec;
  const instance = init(element);
  const redraw = () =>
    instance.setOption({ ...common(palette), ...option(palette, instance.getWidth()) }, true);
  redraw();
  const resized = new ResizeObserver(() => {
    if (instance.getWidth() === element.clientWidth) return;
    instance.resize();
    redraw();
  });
  resized.observe(element);
  darkScheme.addEventListener('change', redraw, { signal });
  const printed = (widthPx: number) => {
    instance.resize({ width: widthPx });
    redraw();
  };
  addEventListener('beforeprint', () => printed(Math.min(element.clientWidth, paperWidthPx)), { signal });
  addEventListener('afterprint', () => printed(element.clientWidth), { signal });
  signal.addEventListener('abort', () => {
    resized.disconnect();
    // What is still being drawn over several frames would go on without a canvas: an empty chart ends it.
    instance.clear();
    instance.getZr().flush();
    instance.dispose();
  });
  if (onClick) {
    instance.getZr().on('click', ({ offsetX, offsetY }) => {
      if (!instance.containPixel('grid', [offsetX, offsetY])) return;
      const [x] = instance.convertFromPixel('grid', [offsetX, offsetY]) as number[];
      // Later: what is clicked may remove this chart, which is still handling the event.
      if (x !== undefined) setTimeout(() => onClick(x));
    });
    instance.getZr().on('mousemove', ({ offsetX, offsetY }) => {
      if (instance.containPixel('grid', [offsetX, offsetY])) instance.getZr().setCursorStyle('pointer');
    });
  }
  onReady?.(instance, redraw);
  return instance;
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
