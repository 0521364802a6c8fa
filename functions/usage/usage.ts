import { csvResponse } from '../../shared/http/csv-response.ts';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import type { RouteRequest } from '../../shared/http/read-request.ts';
import { countThatFit } from '../../shared/http/response-size.ts';
import { encodeCursor } from '../../shared/http/schemas.ts';
import type { Channel } from '../../shared/intervals/block.ts';
import type { Database } from '../../shared/storage/database.ts';
import { readUsage, type UsageRow } from '../../shared/storage/usage/read-usage.ts';
import { localTimeWriter } from '../../shared/usage/local-time.ts';
import { expectedIntervals } from './expected-intervals.ts';
import type { usageRoutes } from './routes.ts';

export type UsageRequest = RouteRequest<typeof usageRoutes.getUsage>;
type Query = UsageRequest['query'];
type MeterRow = UsageRow & { readonly esiid: string };

const intervalColumns = ['esiid', 'start', 'channel', 'kwh', 'estimated'];
const sumColumns = [
  ...['esiid', 'start', 'channel', 'kwh'],
  ...['intervals', 'expected_intervals', 'estimated_intervals'],
];

/** GET /api/usage: intervals of one or several ESIIDs, or their sums, as JSON or CSV, a page at a time. */
export async function getUsage(
  database: Database,
  { query, format, event }: UsageRequest,
): Promise<ApiResponse> {
  const { esiid: esiids, resolution, limit } = query;
  const found = await readRows(database, query, limit + 1); // one more shows whether there is a next page
  const described = resolution === '15min' ? intervals(found) : await sums(database, query, found);
  const rows = described.slice(0, Math.min(limit, countThatFit(described)));
  const last = found.length > rows.length ? found[rows.length - 1] : undefined;
  const nextCursor = last ? encodeCursor(last.esiid, String(last.startSeconds), last.channel) : null;
  if (format === 'csv') {
    const filename = `usage-${esiids.length === 1 ? esiids[0] : `${esiids.length}-esiids`}-${resolution}.csv`;
    const columns = resolution === '15min' ? intervalColumns : sumColumns;
    return csvResponse({ columns, rows, filename, nextCursor, event });
  }
  const body = { ok: true, esiids, resolution, time_zone: 'America/Chicago', rows, next_cursor: nextCursor };
  return { status: 200, body };
}

/**
 * The first rows after the cursor, by ESIID. An ESIID is read only when those before it have not filled the page: a page
 * costs its own rows, and each ESIID's are found by the primary key.
 */
async function readRows(database: Database, query: Query, limit: number): Promise<readonly MeterRow[]> {
  const { resolution, from = null, to = null, channel = null, as_of: asOf = null, cursor } = query;
  const [cursorEsiid = '', startSeconds, cursorChannel] = cursor ?? [];
  const rows: MeterRow[] = [];
  for (const esiid of query.esiid) {
    if (esiid < cursorEsiid || rows.length === limit) continue;
    const after =
      esiid === cursorEsiid
        ? { startSeconds: Number(startSeconds), channel: cursorChannel as Channel }
        : null;
    const remaining = limit - rows.length;
    const found = await readUsage(database, {
      ...{ esiid, resolution, from, to, channel, asOf, after },
      limit: remaining,
    });
    for (const row of found) rows.push({ ...row, esiid });
  }
  return rows;
}

function intervals(rows: readonly MeterRow[]) {
  const localTime = localTimeWriter();
  return rows.map(({ esiid, startSeconds, channel, kwh, estimated }) => ({
    esiid,
    start: localTime(startSeconds * 1000),
    channel,
    kwh,
    estimated: estimated > 0,
  }));
}

async function sums(database: Database, query: Query, rows: readonly MeterRow[]) {
  const localTime = localTimeWriter();
  const expected = await expectedIntervals(database, query, [...new Set(rows.map(({ esiid }) => esiid))]);
  return rows.map((row) => {
    const start = localTime(row.startSeconds * 1000);
    return {
      esiid: row.esiid,
      start,
      channel: row.channel,
      kwh: row.kwh,
      intervals: row.intervals,
      expected_intervals: expected(row.esiid, start.slice(0, 10)),
      estimated_intervals: row.estimated,
    };
  });
}
