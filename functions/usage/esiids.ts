import type { ApiResponse } from '../../shared/http/encode-response.ts';
import type { RouteRequest } from '../../shared/http/read-request.ts';
import { encodeCursor } from '../../shared/http/schemas.ts';
import type { Database } from '../../shared/storage/database.ts';
import * as storage from '../../shared/storage/usage/list-esiids.ts';
import type { usageRoutes } from './routes.ts';

/** GET /api/usage/esiids: the ESIIDs that have data, with their first and last days. */
export async function listEsiids(
  database: Database,
  { query: { q: prefix = '', limit, cursor } }: RouteRequest<typeof usageRoutes.listEsiids>,
): Promise<ApiResponse> {
  const found = await storage.listEsiids(database, { prefix, after: cursor?.[0] ?? '', limit: limit + 1 });
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
