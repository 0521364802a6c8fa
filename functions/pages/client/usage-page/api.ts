import { callApi, requestApi } from '../lib/api.ts';
import type { Coverage, EsiidsResponse, IntervalRow, Meter, Selection, SumRow, UsageRow } from './types.ts';

export async function fetchMeters(prefix: string): Promise<readonly Meter[]> {
  const { esiids } = await callApi<EsiidsResponse>('/api/usage/esiids', {
    query: { q: prefix, limit: '200' },
  });
  return esiids;
}

export function fetchCoverage(selection: Selection, signal: AbortSignal): Promise<Coverage> {
  return callApi('/api/usage/coverage', { query: { ...selection }, signal });
}

export async function fetchIntervals(selection: Selection, signal: AbortSignal): Promise<IntervalRow[]> {
  return (await fetchRows(selection, '15min', signal)) as IntervalRow[];
}

export async function fetchMonths(selection: Selection, signal: AbortSignal): Promise<SumRow[]> {
  return (await fetchRows(selection, 'month', signal)) as SumRow[];
}

/** All pages of a range. */
async function fetchRows(selection: Selection, resolution: string, signal: AbortSignal): Promise<UsageRow[]> {
  const rows: UsageRow[] = [];
  let cursor: string | undefined;
  do {
    const query = { ...selection, resolution, cursor };
    const page = await callApi<{ rows: UsageRow[]; next_cursor: string | null }>('/api/usage', {
      query,
      signal,
    });
    rows.push(...page.rows);
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
