import type { EChartsCoreOption, EChartsType } from 'echarts/core';
import { el } from '../lib/dom.ts';

type Init = typeof import('./echarts.ts').init;

/** Set once ECharts is loaded: after the frame in which the page requests its data, which would have to wait for it. */
let loadedInit: Init | undefined;
const loading = nextFrame()
  .then(() => import('./echarts.ts'))
  .then(({ init }) => {
    loadedInit = init;
    return init;
  });

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

/** A chart farther than this from the window is not drawn yet. */
const nearPx = 400;

/** Chart after chart, each in a frame of its own, so that the page responds in between. */
let turns: Promise<unknown> = loading;

/**
 * A chart that follows its width and the colour scheme until the signal is aborted. It is drawn once it comes near the
 * window, or is wanted as a picture or on paper.
 */
export function createChart(spec: ChartSpec, signal: AbortSignal): Chart {
  const { kind, label, heightPx } = spec;
  const element = el('div', { class: `chart ${kind}`, role: 'img', 'aria-label': label });
  if (heightPx !== undefined) element.style.height = `${heightPx}px`;
  let drawn: DrawnChart | undefined;
  const drawOnce = (init: Init) => {
    drawn ??= draw(init(element), spec, signal);
    return drawn;
  };
  onceNear(
    element,
    () => {
      turns = turns
        .then(nextFrame)
        .then(async () => signal.aborted || drawOnce(await loading))
        .catch(reportError);
    },
    signal,
  );
  const print = (widthPx: number) => loadedInit && drawOnce(loadedInit).resize(widthPx);
  addEventListener('beforeprint', () => print(Math.min(element.clientWidth, paperWidthPx)), { signal });
  addEventListener('afterprint', () => print(element.clientWidth), { signal });
  const toPng = async () => {
    const { instance } = drawOnce(await loading);
    const canvas = instance.renderToCanvas({ pixelRatio: 2, backgroundColor: currentPalette()('surface') });
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (blob === null) throw new Error('The browser could not make a picture of this chart.');
    return blob;
  };
  return { element, toPng };
}

/** Calls back when an element first comes near the window. */
function onceNear(element: HTMLElement, callback: () => void, signal: AbortSignal): void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      callback();
    },
    { rootMargin: `${nearPx}px` },
  );
  observer.observe(element);
  signal.addEventListener('abort', () => observer.disconnect());
}

/** Resolves in the next frame, before it is painted. */
export function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => resolve());
  });
}

interface DrawnChart {
  readonly instance: EChartsType;
  resize(widthPx: number): void;
}

function draw(instance: EChartsType, spec: ChartSpec, signal: AbortSignal): DrawnChart {
  const { option, onReady } = spec;
  const element = instance.getDom();
  const redraw = () => {
    const colour = currentPalette();
    instance.setOption({ ...common(colour), ...option(colour, instance.getWidth()) }, true);
  };
  const resize = (widthPx: number) => {
    instance.resize({ width: widthPx });
    redraw();
  };
  redraw();
  const resized = new ResizeObserver(() => {
    const { clientWidth } = element;
    if (clientWidth > 0 && instance.getWidth() !== clientWidth) resize(clientWidth);
  });
  resized.observe(element);
  darkScheme.addEventListener('change', redraw, { signal });
  signal.addEventListener('abort', () => {
    resized.disconnect();
    // What is still being drawn over several frames would go on without a canvas: an empty chart ends it.
    instance.clear();
    instance.getZr().flush();
    instance.dispose();
  });
  followClicks(instance, spec);
  onReady?.(instance, redraw);
  return { instance, resize };
}

/** Passes on clicks anywhere in the plot. */
function followClicks(instance: EChartsType, { onClick }: ChartSpec): void {
  if (!onClick) return;
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

/** Reads each colour once: a chart asks for some with every bar. */
function currentPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colours = new Map<string, string>();
  return (name) => {
    const colour = colours.get(name) ?? style.getPropertyValue(`--${name}`).trim();
    colours.set(name, colour);
    return colour;
  };
}

function common(colour: Palette): EChartsCoreOption {
  return {
    animation: false,
    textStyle: { fontFamily: 'inherit', color: colour('text') },
    backgroundColor: 'transparent',
  };
}
