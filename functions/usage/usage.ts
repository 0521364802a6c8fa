import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import type { RouteRequest } from '../../shared/http/read-request.ts';
import { encodeCursor } from '../../shared/http/schemas.ts';
import { clockDay } from '../../shared/intervals/clock.ts';
import type { Database } from '../../shared/storage/database.ts';
import { readUsage, type UsageRow } from '../../shared/storage/usage/read-usage.ts';
import { toCsv } from '../../shared/usage/csv.ts';
import { localTimeWriter, slotCountBetween } from '../../shared/usage/local-time.ts';
import { knownRange } from './known-range.ts';
import type { usageRoutes } from './routes.ts';
import { wantsCsv } from './wants-csv.ts';

type Request = RouteRequest<typeof usageRoutes.getUsage>;
type Query = Request['query'];

const intervalColumns = ['start', 'channel', 'kwh', 'estimated'];
const sumColumns = ['start', 'channel', 'kwh', 'intervals', 'expected_intervals', 'estimated_intervals'];

/** GET /api/usage: intervals or sums of one ESIID, as JSON or CSV, a page at a time. */
export async function getUsage(database: Database, { query, event }: Request): Promise<ApiResponse> {
  const { esiid, resolution, limit } = query;
  const found = await readUsage(database, {
    esiid,
    resolution,
    from: query.from ?? null,
    to: query.to ?? null,
    channel: query.channel ?? null,
    after: positionOf(query),
    limit: limit + 1, // one more tells whether there is a next page
  });
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  const nextCursor = last ? encodeCursor(String(last.startSeconds), last.channel) : null;
  const rows = resolution === '15min' ? intervals(page) : sums(page, await slotCounter(database, query));
  if (wantsCsv(event)) return csvResponse(query, event, rows, nextCursor);
  const about = { ok: true, esiid, resolution, time_zone: 'America/Chicago' };
  return { status: 200, body: { ...about, rows, next_cursor: nextCursor } };
}

function positionOf({ cursor }: Query) {
  if (cursor === undefined) return null;
  const [startSeconds, channel] = cursor;
  return { startSeconds: Number(startSeconds), channel: channel as UsageRow['channel'] };
}

function intervals(rows: readonly UsageRow[]) {
  const localTime = localTimeWriter();
  return rows.map(({ startSeconds, channel, kwh, estimated }) => ({
    start: localTime(startSeconds * 1000),
    channel,
    kwh,
    estimated: estimated > 0,
  }));
}

function sums(rows: readonly UsageRow[], slotCountFrom: (date: string) => number) {
  const localTime = localTimeWriter();
  return rows.map((row) => {
    const start = localTime(row.startSeconds * 1000);
    return {
      start,
      channel: row.channel,
      kwh: row.kwh,
      intervals: row.intervals,
      expected_intervals: slotCountFrom(start.slice(0, 10)),
      estimated_intervals: row.estimated,
    };
  });
}

/** A function that tells the intervals of the period that begins on a date; a month has only its days within the range. */
async function slotCounter(database: Database, query: Query): Promise<(date: string) => number> {
  const { resolution, from, to } = query;
  switch (resolution) {
    case '15min':
      return () => 1;
    case 'hour':
      return () => 4;
    case 'day':
      return (date) => clockDay(date).slotCount;
    case 'month': {
      const isWhole = from !== undefined && to !== undefined;
      const range = isWhole ? { from, to } : await knownRange(database, query);
      return (date) => (range ? slotCountOfMonth(date, range) : 0);
    }
  }
}

function slotCountOfMonth(
  first: string,
  { from, to }: { readonly from: string; readonly to: string },
): number {
  const lastOfMonth = new Date(Date.UTC(Number(first.slice(0, 4)), Number(first.slice(5, 7)), 0));
  const last = lastOfMonth.toISOString().slice(0, 10);
  return slotCountBetween(from > first ? from : first, to < last ? to : last);
}

/** The next page of a CSV stands in a Link header, where it cannot be taken for data. */
function csvResponse(
  { esiid, resolution }: Query,
  event: APIGatewayProxyEventV2,
  rows: readonly object[],
  nextCursor: string | null,
): ApiResponse {
  const next = new URLSearchParams(event.rawQueryString);
  if (nextCursor !== null) next.set('cursor', nextCursor);
  return {
    status: 200,
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="usage-${esiid}-${resolution}.csv"`,
      ...(nextCursor === null ? {} : { link: `</api/usage?${next}>; rel="next"` }),
    },
    body: toCsv(resolution === '15min' ? intervalColumns : sumColumns, rows as Record<string, unknown>[]),
  };
}
