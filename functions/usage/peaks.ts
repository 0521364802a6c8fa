import type { ApiResponse } from '../../shared/http/encode-response.ts';
import type { RouteRequest } from '../../shared/http/read-request.ts';
import type { Database } from '../../shared/storage/database.ts';
import { readPeaks } from '../../shared/storage/usage/read-peaks.ts';
import { localTimeWriter } from '../../shared/usage/local-time.ts';
import type { usageRoutes } from './routes.ts';

/** GET /api/usage/peaks: the intervals or hours with the most energy. */
export async function listPeaks(
  database: Database,
  { query }: RouteRequest<typeof usageRoutes.listPeaks>,
): Promise<ApiResponse> {
  const localTime = localTimeWriter();
  const rows = (await readPeaks(database, query)).map(({ startSeconds, channel, kwh, isEstimated }) => ({
    start: localTime(startSeconds * 1000),
    channel,
    kwh,
    estimated: isEstimated,
  }));
  return { status: 200, body: { ok: true, esiid: query.esiid, rows } };
}
