import type { ApiResponse } from '../../shared/http/encode-response.ts';
import type { RouteRequest } from '../../shared/http/read-request.ts';
import { encodeCursor } from '../../shared/http/schemas.ts';
import type { Database } from '../../shared/storage/database.ts';
import { readExtents } from '../../shared/storage/usage/read-extents.ts';
import { searchEsiids } from '../../shared/storage/usage/search-esiids.ts';
import type { usageRoutes } from './routes.ts';

/** Maximum number of ESIIDs that a request reads; the cursor continues from there. */
const maxScanned = 20_000;

/** GET /api/usage/esiids: the ESIIDs that have data, with their first and last days. */
export async function listEsiids(
  database: Database,
  { query: { q: containing = '', limit, cursor } }: RouteRequest<typeof usageRoutes.listEsiids>,
): Promise<ApiResponse> {
  const search = { containing, after: cursor?.[0] ?? '', limit: limit + 1, maxScanned };
  const { esiids: found, stoppedAt } = await searchEsiids(database, search);
  const page = found.slice(0, limit);
  const next = found.length > limit ? page.at(-1) : stoppedAt;
  const esiids = (await readExtents(database, page)).map((extent) => ({
    esiid: extent.esiid,
    channels: extent.channels,
    first_date: extent.firstDate,
    last_date: extent.lastDate,
    first_interval_at: extent.firstIntervalAt?.toISOString() ?? null,
    last_interval_at: extent.lastIntervalAt?.toISOString() ?? null,
  }));
  return { status: 200, body: { ok: true, esiids, next_cursor: next ? encodeCursor(next) : null } };
}
