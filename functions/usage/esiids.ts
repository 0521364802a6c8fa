import type { ApiResponse } from '../../shared/http/encode-response.ts';
import type { RouteRequest } from '../../shared/http/read-request.ts';
import { encodeCursor } from '../../shared/http/schemas.ts';
import type { Database } from '../../shared/storage/database.ts';
import { type ReadsExtent, readReadsExtents } from '../../shared/storage/reads/read-reads-extents.ts';
import { type EsiidExtent, readExtents } from '../../shared/storage/usage/read-extents.ts';
import { searchEsiids } from '../../shared/storage/usage/search-esiids.ts';
import type { usageRoutes } from './routes.ts';

/** Maximum number of ESIIDs that a request reads; the cursor continues from there. */
const maxScanned = 20_000;

/** GET /api/usage/esiids: the ESIIDs that have intervals or reads, with their first and last days. */
export async function listEsiids(
  database: Database,
  { query: { q: containing = '', limit, cursor } }: RouteRequest<typeof usageRoutes.listEsiids>,
): Promise<ApiResponse> {
  const search = { containing, after: cursor?.[0] ?? '', limit: limit + 1, maxScanned };
  const { esiids: found, stoppedAt } = await searchEsiids(database, search);
  const page = found.slice(0, limit);
  const next = found.length > limit ? page.at(-1) : stoppedAt;
  const [intervals, reads] = await Promise.all([
    readExtents(database, page),
    readReadsExtents(database, page),
  ]);
  const esiids = page.flatMap((esiid) => {
    const extents = [
      intervals.find((extent) => extent.esiid === esiid),
      reads.find((extent) => extent.esiid === esiid),
    ] as const;
    return extents.some((extent) => extent !== undefined) ? [extentOf(esiid, ...extents)] : [];
  });
  return { status: 200, body: { ok: true, esiids, next_cursor: next ? encodeCursor(next) : null } };
}

/** The days of an ESIID that intervals or reads cover; it has one of them at least. */
function extentOf(esiid: string, intervals: EsiidExtent | undefined, reads: ReadsExtent | undefined) {
  const extents = [intervals, reads].filter((extent) => extent !== undefined);
  return {
    esiid,
    channels: [...new Set(extents.flatMap(({ channels }) => channels))].sort(),
    first_date: extents.map(({ firstDate }) => firstDate).sort()[0],
    last_date: extents
      .map(({ lastDate }) => lastDate)
      .sort()
      .at(-1),
    first_interval_at: intervals?.firstIntervalAt?.toISOString() ?? null,
    last_interval_at: intervals?.lastIntervalAt?.toISOString() ?? null,
  };
}
