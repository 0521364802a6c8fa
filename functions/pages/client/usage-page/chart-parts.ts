import { el } from '../lib/dom.ts';
import { formatMonth } from '../lib/format.ts';
import type { Palette } from './chart.ts';

/** Parts that the options of several charts share. */

/** Distance between the pointer and its tooltip. */
const tooltipOffsetPx = 14;

/**
 * A tooltip beside the chart rather than inside it, where a low chart would cut it off. Its lines become text nodes, so
 * markup in a file stays text.
 * @param lines what to show for what the pointer is at; none to show nothing
 */
export function tooltip<Parameters>(
  lines: (parameters: Parameters) => readonly string[],
  more: object = {},
): object {
  return {
    appendTo: document.body,
    className: 'chart-tooltip',
    transitionDuration: 0,
    backgroundColor: 'var(--surface)',
    borderColor: 'var(--line-strong)',
    borderWidth: 1,
    padding: [8, 12],
    textStyle: { color: 'var(--text)', fontSize: 13 },
    extraCssText: 'white-space: normal; pointer-events: none;',
    formatter: (parameters: Parameters) => {
      const texts = lines(parameters);
      return texts.length === 0 ? '' : el('div', {}, ...texts.map((text) => el('div', {}, text)));
    },
    position: tooltipPosition,
    ...more,
  };
}

/** Distance that a tooltip keeps from the window's edges. */
const edgePx = 8;

interface TooltipSizes {
  readonly contentSize: readonly [width: number, height: number];
}

/** Right of and below the pointer, moved so that it stays within the window. Positions are relative to the chart. */
function tooltipPosition(
  [x = 0, y = 0]: readonly number[],
  _parameters: unknown,
  _tip: HTMLElement | null,
  _rectangle: unknown,
  { contentSize: [width, height] }: TooltipSizes,
): [number, number] {
  const { left, top } = document.querySelector('.chart:hover')?.getBoundingClientRect() ?? {
    left: 0,
    top: 0,
  };
  const windowWidth = document.documentElement.clientWidth;
  const fitsBelow = top + y + tooltipOffsetPx + height + edgePx < innerHeight;
  const rightmost = windowWidth - edgePx - left - width;
  return [
    Math.max(edgePx - left, Math.min(x + tooltipOffsetPx, rightmost)),
    fitsBelow ? y + tooltipOffsetPx : y - height - tooltipOffsetPx,
  ];
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

/** A category axis of months. @param months `YYYY-MM` */
export function monthAxis(colour: Palette, months: readonly string[]): object {
  return {
    type: 'category',
    data: months,
    ...axisStyle(colour),
    axisLabel: {
      color: colour('muted'),
      hideOverlap: true,
      formatter: (month: string) => formatMonth(month),
    },
  };
}

/** The hatch of what is only partly there. */
export function hatch(colour: Palette): object {
  return {
    symbol: 'rect',
    dashArrayX: [1, 0],
    dashArrayY: [2, 3],
    rotation: -Math.PI / 4,
    color: colour('surface'),
  };
}
