import { callApi, requestApi } from '../lib/api.ts';
import { type RangeUsage, rangeUsage } from './range-usage.ts';
import type {
  Audit,
  Coverage,
  EsiidsResponse,
  IntervalRow,
  Peak,
  Profile,
  Revision,
  Selection,
  UsageResponse,
} from './types.ts';

/** Maximum number of cached responses, so that Back shows the previous view at once. */
const maxKept = 40;
const kept = new Map<string, Promise<unknown>>();

/** The response of a GET, cached for this visit. A failed one is requested again. */
function callOnce<Response>(
  path: string,
  query: Readonly<Record<string, string | undefined>>,
): Promise<Response> {
  const key = `${path} ${JSON.stringify(query)}`;
  const known = kept.get(key) as Promise<Response> | undefined;
  if (known !== undefined) return known;
  const response = callApi<Response>(path, { query });
  kept.set(key, response);
  response.catch(() => kept.delete(key));
  for (const oldest of kept.keys()) if (kept.size > maxKept) kept.delete(oldest);
  return response;
}

/** A page of the meters whose ESIID contains the digits. */
export function fetchMeters(digits: string, cursor?: string, signal?: AbortSignal): Promise<EsiidsResponse> {
  return callApi('/api/usage/esiids', {
    query: { q: digits, limit: '50', cursor },
    ...(signal && { signal }),
  });
}

/** What is stored of each day of a range, and how much energy that is. */
export async function fetchRange(selection: Selection): Promise<RangeUsage> {
  return rangeUsage(selection, await callOnce<Coverage>('/api/usage/coverage', { ...selection }));
}

/** What SMT's own reads say of a range. */
export function fetchAudit(selection: Selection): Promise<Audit> {
  return callOnce('/api/usage/audit', { ...selection });
}

/** Every revision of a day that is stored, by channel, the oldest first. */
export async function fetchRevisions(esiid: string, day: string): Promise<readonly Revision[]> {
  const query = { esiid, usage_date: day };
  return (await callOnce<{ revisions: Revision[] }>('/api/usage/revisions', query)).revisions;
}

export function fetchProfile(selection: Selection): Promise<Profile> {
  return callOnce('/api/usage/profile', { ...selection });
}

export async function fetchPeaks(
  selection: Selection,
  resolution: '15min' | 'hour',
): Promise<readonly Peak[]> {
  const { rows } = await callOnce<{ rows: Peak[] }>('/api/usage/peaks', { ...selection, resolution });
  return rows;
}

/** Every interval of a range, all pages of it. */
export async function fetchIntervals(selection: Selection): Promise<readonly IntervalRow[]> {
  const rows: IntervalRow[] = [];
  let cursor: string | undefined;
  do {
    const query = { ...selection, resolution: '15min', cursor };
    const page: UsageResponse = await callOnce('/api/usage', query);
    rows.push(...(page.rows as IntervalRow[]));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return rows;
}

/** The range as one CSV file, all pages of it. */
export async function fetchCsv(selection: Selection, resolution: string): Promise<Blob> {
  const parts: string[] = [];
  let path: string | undefined = `/api/usage?${new URLSearchParams({ ...selection, resolution })}`;
  while (path !== undefined) {
    const response = await requestApi(path, { accept: 'text/csv' });
    const text = await response.text();
    parts.push(parts.length === 0 ? text : text.slice(text.indexOf('\n') + 1)); // one header is enough
    path = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
  }
  return new Blob(parts, { type: 'text/csv' });
}
