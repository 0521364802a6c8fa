import type { Selection } from './types.ts';

/** What the page shows, as the URL holds it: so it can be bookmarked, sent, and stepped through with Back. */
export interface Address {
  readonly esiid: string | null;
  /** Days, both included; both null until a meter is chosen. */
  readonly from: string | null;
  readonly to: string | null;
  /** Days of the range that the load chart is zoomed to. */
  readonly zoom: string | null;
  /** The day whose intervals are shown instead of the range. */
  readonly day: string | null;
  /** What the range is compared with: `previous`, `year`, or the ESIID of another meter. */
  readonly compare: string | null;
  /** Hours to split the energy by, as in `13-19` or `13-19-weekdays`. */
  readonly hours: string | null;
}

const names = ['esiid', 'from', 'to', 'zoom', 'day', 'compare', 'hours'] as const;

export function readAddress(search: string): Address {
  const parameters = new URLSearchParams(search);
  // Object.fromEntries types its result by any name; these are the names of Address.
  return Object.fromEntries(names.map((name) => [name, parameters.get(name) || null])) as unknown as Address;
}

/** The URL of a view: what is null is left out. */
export function usageUrl(address: Partial<Address>): string {
  const parameters = new URLSearchParams();
  for (const name of names) {
    const value = address[name];
    if (value) parameters.set(name, value);
  }
  return `/usage?${parameters}`;
}

/** The meter and days of an address; null while one of them is missing. */
export function selectionOf({ esiid, from, to }: Address): Selection | null {
  return esiid !== null && from !== null && to !== null ? { esiid, from, to } : null;
}
