import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import { readQuery } from '../../shared/http/request-query.ts';
import { encodeCursor } from '../../shared/http/schemas.ts';
import type { Database } from '../../shared/storage/database.ts';
import { listEsiids } from '../../shared/storage/usage/list-esiids.ts';
import { esiidsQuery } from './schemas.ts';

/** GET /api/usage/esiids: which meters there are, and from when to when. */
export async function getEsiids(database: Database, event: APIGatewayProxyEventV2): Promise<ApiResponse> {
  const { q: prefix = '', limit, cursor } = readQuery(event, esiidsQuery);
  const found = await listEsiids(database, { prefix, after: cursor?.[0] ?? '', limit: limit + 1 });
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  const esiids = page.map((extent) => ({
    esiid: extent.esiid,
    channels: extent.channels,
    first_date: extent.firstDate,
    last_date: extent.lastDate,
    first_interval_at: extent.firstIntervalAt?.toISOString() ?? null,
    last_interval_at: extent.lastIntervalAt?.toISOString() ?? null,
  }));
  return { status: 200, body: { ok: true, esiids, next_cursor: last ? encodeCursor(last.esiid) : null } };
}
