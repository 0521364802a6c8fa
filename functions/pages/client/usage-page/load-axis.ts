import { formatDayOfYear, formatMonth } from '../lib/format.ts';
import type { DayWindow } from './day-window.ts';

/** Labels of an axis that counts days: months, days or hours, by how much is in view and how much room there is. */

/** Room that a label needs. */
const labelPx = 78;

interface AxisLabels {
  /** Where the labels stand. */
  readonly customValues: readonly number[];
  readonly formatter: (x: number) => string;
}

export function axisLabels(dates: readonly string[], view: DayWindow, plotPx: number): AxisLabels {
  const { first, last } = view;
  const daysInView = last - first;
  const maxLabels = Math.max(2, Math.floor(plotPx / labelPx));
  if (daysInView > 120) {
    const monthStarts = dates.flatMap((date, index) =>
      date.endsWith('-01') && index >= first && index <= last ? [index] : [],
    );
    return { customValues: thinned(monthStarts, maxLabels), formatter: (x) => formatMonth(dates[x] ?? '') };
  }
  if (daysInView > 3) {
    const inView = dates.flatMap((_, index) => (index >= Math.floor(first) && index <= last ? [index] : []));
    return { customValues: thinned(inView, maxLabels), formatter: (x) => dayLabel(dates, x) };
  }
  const steps = Math.ceil(daysInView * 24) + 1;
  const hours = Array.from({ length: steps }, (_, step) => Math.floor(first) + step / 24);
  return { customValues: thinned(hours, maxLabels), formatter: (x) => hourLabel(dates, x) };
}

/** Every nth value, so that at most `most` are left. */
function thinned(values: readonly number[], most: number): number[] {
  const step = [1, 2, 3, 4, 6, 12, 24, 48].find((size) => values.length / size <= most) ?? 96;
  return values.filter((_, index) => index % step === 0);
}

/** The day at midnight, else the hour. A day of 23 or 25 hours is as wide as the others. */
function hourLabel(dates: readonly string[], x: number): string {
  const hour = Math.round((x - Math.floor(x)) * 24) % 24;
  return hour === 0 ? dayLabel(dates, Math.round(x)) : `${String(hour).padStart(2, '0')}:00`;
}

function dayLabel(dates: readonly string[], index: number): string {
  const date = dates[index];
  return date === undefined ? '' : formatDayOfYear(date);
}

export function sliderLabel(dates: readonly string[], x: number): string {
  const date = dates[Math.min(Math.floor(x), dates.length - 1)];
  return date === undefined ? '' : `${formatDayOfYear(date)}, ${date.slice(0, 4)}`;
}
