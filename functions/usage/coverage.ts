import type { ApiResponse } from '../../shared/http/encode-response.ts';
import type { RouteRequest } from '../../shared/http/read-request.ts';
import { invalidRequest } from '../../shared/http/validate.ts';
import { addDays, dayCount } from '../../shared/intervals/clock.ts';
import type { Database } from '../../shared/storage/database.ts';
import { readDailyExtent } from '../../shared/storage/reads/read-daily-extent.ts';
import { readCoverage } from '../../shared/storage/usage/read-coverage.ts';
import { coverageTotals, describeDays, findGaps } from '../../shared/usage/coverage.ts';
import { daysWithReads, extendedByReads, withAudit } from './audited-days.ts';
import { knownRange } from './known-range.ts';
import type { usageRoutes } from './routes.ts';
import { maxCoverageDays, maxGaps } from './schemas.ts';

/** GET /api/usage/coverage: which intervals of each day are stored, which are missing, and how late they arrived. */
export async function getCoverage(
  database: Database,
  { query }: RouteRequest<typeof usageRoutes.getCoverage>,
): Promise<ApiResponse> {
  const { esiid, from, to, as_of: asOf = null } = query;
  // The audit is of now; an earlier state has none.
  const [withIntervals, reads] = await Promise.all([
    knownRange(database, { esiid, asOf }),
    asOf === null ? readDailyExtent(database, esiid) : [],
  ]);
  const known = extendedByReads(withIntervals, reads);
  if (known === null) {
    const nothing = { first_date: null, last_date: null, totals: [], days: [], gaps: [], gap_count: 0 };
    return { status: 200, body: { ok: true, esiid, from: from ?? null, to: to ?? null, ...nothing } };
  }
  const { channels } = known;
  const range = boundedRange(known, { from, to });
  const [stored, audited] = await Promise.all([
    readCoverage(database, { esiid, ...range, asOf }),
    reads.length > 0 ? daysWithReads(database, { esiid, ...range }) : [],
  ]);
  const days = describeDays(stored, { ...range, channels });
  const totals = channels.map((channel) => coverageTotals(days, channel));
  const gaps = findGaps(stored, days);
  const extent = { first_date: known.from, last_date: known.to };
  const lists = {
    totals,
    days: withAudit(days, asOf === null ? audited : null),
    gaps: gaps.slice(0, maxGaps),
    gap_count: gaps.length,
  };
  return { status: 200, body: { ok: true, esiid, ...range, ...extent, ...lists } };
}

/**
 * The range to describe: an end that is not given is that of the data, or as many days as can be described before the other end
 * (after it, if only the first day is given).
 * @throws HttpError 400 for a longer range of which both ends are given
 */
function boundedRange(known: Range, given: { readonly [End in keyof Range]: string | undefined }): Range {
  const range = { from: given.from ?? known.from, to: given.to ?? known.to };
  if (dayCount(range) <= maxCoverageDays) return range;
  if (given.from === undefined) return { ...range, from: addDays(range.to, 1 - maxCoverageDays) };
  if (given.to === undefined) return { ...range, to: addDays(range.from, maxCoverageDays - 1) };
  const message = `the range from ${range.from} to ${range.to} is longer than ${maxCoverageDays} days`;
  throw invalidRequest([{ field: 'from', message }]);
}

interface Range {
  readonly from: string;
  readonly to: string;
}
