import type { ApiResponse } from '../../shared/http/encode-response.ts';
import type { RouteRequest } from '../../shared/http/read-request.ts';
import { invalidRequest } from '../../shared/http/validate.ts';
import type { Database } from '../../shared/storage/database.ts';
import { readCoverage } from '../../shared/storage/usage/read-coverage.ts';
import { coverageTotals, describeDays, findGaps } from '../../shared/usage/coverage.ts';
import { extendedByReads, withAudit } from './audited-days.ts';
import { knownRange } from './known-range.ts';
import type { usageRoutes } from './routes.ts';
import { maxCoverageDays } from './schemas.ts';

/** GET /api/usage/coverage: which intervals of each day are stored, which are missing, and how late they arrived. */
export async function getCoverage(
  database: Database,
  { query }: RouteRequest<typeof usageRoutes.getCoverage>,
): Promise<ApiResponse> {
  const { esiid, from, to, as_of: asOf = null } = query;
  const given = { esiid, from, to };
  const withIntervals = await knownRange(database, { ...given, asOf });
  // The audit is of now; an earlier state has none.
  const known = asOf === null ? await extendedByReads(database, given, withIntervals) : withIntervals;
  if (known === null) {
    const nothing = { from: from ?? null, to: to ?? null, totals: [], days: [], gaps: [] };
    return { status: 200, body: { ok: true, esiid, ...nothing } };
  }
  const { channels, ...range } = known;
  // Only now is the range known: its other end may be the first or last day stored.
  if (dayCount(range) > maxCoverageDays) {
    const field = to === undefined ? 'from' : 'to';
    const message = `the range from ${range.from} to ${range.to} is longer than ${maxCoverageDays} days`;
    throw invalidRequest([{ field, message }]);
  }
  const stored = await readCoverage(database, { esiid, ...range, asOf });
  const days = describeDays(stored, known);
  const totals = channels.map((channel) => coverageTotals(days, channel));
  const gaps = findGaps(stored, days);
  const audited = await withAudit(database, asOf === null ? { esiid, ...range } : null, days);
  return { status: 200, body: { ok: true, esiid, ...range, totals, days: audited, gaps } };
}

function dayCount({ from, to }: { readonly from: string; readonly to: string }): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
}
