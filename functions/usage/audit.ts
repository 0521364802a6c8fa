import { csvResponse } from '../../shared/http/csv-response.ts';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import type { RouteRequest } from '../../shared/http/read-request.ts';
import { addDays } from '../../shared/intervals/clock.ts';
import type { Database } from '../../shared/storage/database.ts';
import {
  type AuditedDay,
  type AuditedPeriod,
  type AuditQuery,
  dayStatuses,
  readDayAudit,
  readPeriodAudit,
  readRegisterBreaks,
} from '../../shared/storage/reads/read-audit.ts';
import { auditedDaysByDefault } from './audit-schemas.ts';
import type { usageRoutes } from './routes.ts';

const disagreeing = ['differs', 'incomplete', 'missing'] as const;

const csvColumns = [
  ...(['kind', 'esiid', 'channel', 'start_date', 'end_date', 'status', 'interval_kwh', 'read_kwh'] as const),
  ...([
    'register_kwh',
    'difference_kwh',
    'running_difference_kwh',
    'intervals',
    'expected_intervals',
  ] as const),
];

/** GET /api/usage/audit: audit of the intervals against SMT's daily and monthly reads, as JSON or CSV. */
export async function getAudit(
  database: Database,
  { query, format, event }: RouteRequest<typeof usageRoutes.getAudit>,
): Promise<ApiResponse> {
  const asked = auditQueryOf(query);
  const [days, periods, breaks] = await Promise.all([
    readDayAudit(database, asked),
    readPeriodAudit(database, asked),
    readRegisterBreaks(database, asked),
  ]);
  if (format === 'csv') {
    const filename = `audit-${asked.esiid ?? 'all'}.csv`;
    return csvResponse({
      columns: csvColumns,
      rows: csvRows(days, periods),
      filename,
      nextCursor: null,
      event,
    });
  }
  const { esiid, from, to } = asked;
  const totals = Object.fromEntries(
    dayStatuses.map((status) => [status, days.filter((day) => day.status === status).length]),
  );
  const lists = { totals, days, periods, register_breaks: breaks };
  return { status: 200, body: { ok: true, esiid, from, to, ...lists } };
}

function auditQueryOf(query: RouteRequest<typeof usageRoutes.getAudit>['query']): AuditQuery {
  const { esiid = null, channel = null, limit } = query;
  const statuses = query.status ?? (esiid === null ? disagreeing : dayStatuses);
  const range = { from: query.from ?? null, to: query.to ?? null };
  if (esiid === null && range.from === null) {
    const last = range.to ?? new Date().toISOString().slice(0, 10);
    return { esiid, channel, statuses, limit, ...range, from: addDays(last, -auditedDaysByDefault) };
  }
  return { esiid, channel, statuses, limit, ...range };
}

/** Days and periods in one table; `end_date` is excluded in both. */
function csvRows(days: readonly AuditedDay[], periods: readonly AuditedPeriod[]) {
  return [
    ...days.map(({ usage_date: start, daily_kwh: read, ...day }) => {
      return { kind: 'day', start_date: start, end_date: addDays(start, 1), read_kwh: read, ...day };
    }),
    ...periods.map(({ billed_kwh: read, ...period }) => ({ kind: 'period', read_kwh: read, ...period })),
  ];
}
