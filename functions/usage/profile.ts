import type { ApiResponse } from '../../shared/http/encode-response.ts';
import type { RouteRequest } from '../../shared/http/read-request.ts';
import type { Database } from '../../shared/storage/database.ts';
import { readProfile } from '../../shared/storage/usage/read-profile.ts';
import type { usageRoutes } from './routes.ts';

/** GET /api/usage/profile: energy by month, weekday or weekend, and hour of the clock. */
export async function getProfile(
  database: Database,
  { query }: RouteRequest<typeof usageRoutes.getProfile>,
): Promise<ApiResponse> {
  const { hours, baseloadKw } = await readProfile(database, query);
  const rows = hours.map(({ isWeekend, ...hour }) => ({ ...hour, weekend: isWeekend }));
  return { status: 200, body: { ok: true, esiid: query.esiid, rows, baseload_kw: baseloadKw } };
}
