import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import { readQuery } from '../../shared/http/request-query.ts';
import { invalidRequest } from '../../shared/http/validate.ts';
import type { Database } from '../../shared/storage/database.ts';
import { readCoverage } from '../../shared/storage/usage/read-coverage.ts';
import { coverageTotals, describeDays, findGaps } from '../../shared/usage/coverage.ts';
import { knownRange } from './known-range.ts';
import { coverageQuery, maxCoverageDays } from './schemas.ts';

/** GET /api/usage/coverage: what of each day is stored, what is missing, and how late it came. */
export async function getCoverage(database: Database, event: APIGatewayProxyEventV2): Promise<ApiResponse> {
  const { esiid, from, to } = readQuery(event, coverageQuery);
  const known = await knownRange(database, { esiid, from, to });
  if (known === null) {
    const nothing = { from: from ?? null, to: to ?? null, totals: [], days: [], gaps: [] };
    return { status: 200, body: { ok: true, esiid, ...nothing } };
  }
  const { channels, ...range } = known;
  // Known only now: one end alone can open a range of a century, and so can one stored day of a year that was mistyped.
  if (dayCount(range) > maxCoverageDays) {
    const field = to === undefined ? 'from' : 'to';
    const message = `the range from ${range.from} to ${range.to} is longer than ${maxCoverageDays} days`;
    throw invalidRequest([{ field, message }]);
  }
  const stored = await readCoverage(database, { esiid, ...range });
  const days = describeDays(stored, known);
  const totals = channels.map((channel) => coverageTotals(days, channel));
  return { status: 200, body: { ok: true, esiid, ...range, totals, days, gaps: findGaps(stored, days) } };
}

function dayCount({ from, to }: { readonly from: string; readonly to: string }): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
}
