/** Part of a range, in days from its first; both ends may lie within a day. */
export interface DayWindow {
  readonly first: number;
  readonly last: number;
}

/** A window as the URL has it, `2025-07-04..2025-07-11`: whole days. */
export function zoomText(dates: readonly string[], { first, last }: DayWindow): string {
  const lastDay = Math.max(Math.floor(first), Math.ceil(last) - 1);
  return `${dates[Math.floor(first)]}..${dates[Math.min(lastDay, dates.length - 1)]}`;
}

/** @returns null for a text that names no days of the range */
export function zoomOf(dates: readonly string[], text: string | null): DayWindow | null {
  const [from, to] = text?.split('..') ?? [];
  const first = dates.indexOf(from ?? '');
  const last = dates.indexOf(to ?? '');
  return first < 0 || last < first ? null : { first, last: last + 1 };
}
