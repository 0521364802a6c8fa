import type { Label } from './locate.ts';

/** How a file without start labels labels its ends: truly, or with starts under the wrong name. */
export type EndConvention = 'ends' | 'starts';

const quarterPast = 15;
const lastStart = 1425;

/**
 * Tells by the labels of a day whether an "interval end" column holds true ends (00:15 … 00:00) or starts under the
 * wrong name (00:00 … 23:45).
 * @param labels in file order: of one meter-day when dates stand in a column of their own, otherwise of one meter
 * @returns null when nothing tells
 */
export function endConventionOf(labels: readonly Label[]): EndConvention | null {
  return labels[0]?.date ? byExtent(labels) : byMidnight(labels);
}

/** With a date column the day's midnight stands last among ends and first among starts. */
function byMidnight(labels: readonly Label[]): EndConvention | null {
  if (labels.length < 2) return null;
  const minutes = labels.map((label) => label.minutes % 1440);
  // The hour that fall back repeats steps back once; more than that is no order.
  const stepsBack = minutes.filter(
    (value, i) => i > 0 && value !== 0 && value < (minutes[i - 1] ?? 0),
  ).length;
  if (stepsBack > 1 || minutes.filter((value) => value === 0).length > 1) return null;
  if (minutes[0] === 0) return 'starts';
  return minutes.at(-1) === 0 ? 'ends' : null;
}

/** With dated labels only the first and the last of whole days tell. */
function byExtent(labels: readonly Label[]): EndConvention | null {
  const inOrder = [...labels].sort((a, b) => stamp(a).localeCompare(stamp(b)));
  const first = inOrder[0]?.minutes;
  const last = inOrder.at(-1)?.minutes;
  if (first === quarterPast && last === 0) return 'ends';
  if (first === 0 && last === lastStart) return 'starts';
  return null;
}

function stamp(label: Label): string {
  return `${label.date}${String(label.minutes).padStart(4, '0')}`;
}
