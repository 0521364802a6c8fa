import { type RawBuilder, sql } from 'kysely';
import type { Channel } from '../../intervals/block.ts';
import type { Database } from '../database.ts';

export const dayStatuses = ['agrees', 'differs', 'incomplete', 'missing', 'unaudited'] as const;
export type DayStatus = (typeof dayStatuses)[number];
export const periodStatuses = ['agrees', 'differs', 'incomplete', 'unaudited'] as const;

export interface AuditQuery {
  /** Null: all. */
  readonly esiid: string | null;
  /** First and last day, both included; null does not bound. A period counts by its first day. */
  readonly from: string | null;
  readonly to: string | null;
  readonly channel: Channel | null;
  readonly statuses: readonly DayStatus[];
  readonly limit: number;
}

/** A day of smt_day_audit; kWh are exact decimals without trailing zeros. */
export interface AuditedDay {
  readonly esiid: string;
  readonly channel: Channel;
  readonly usage_date: string;
  readonly status: DayStatus;
  readonly interval_kwh: string | null;
  readonly daily_kwh: string | null;
  readonly register_kwh: string | null;
  readonly difference_kwh: string | null;
  readonly running_difference_kwh: string | null;
  readonly register_agrees: boolean | null;
  readonly intervals: number;
  readonly expected_intervals: number;
}

/** A period of smt_month_audit. */
export interface AuditedPeriod {
  readonly esiid: string;
  readonly channel: Channel;
  readonly start_date: string;
  readonly end_date: string;
  readonly status: (typeof periodStatuses)[number];
  readonly billed_kwh: string;
  readonly register_kwh: string | null;
  readonly interval_kwh: string | null;
}

export interface RegisterBreak {
  readonly esiid: string;
  readonly channel: Channel;
  readonly usage_date: string;
  readonly end_reading: string;
  readonly next_start_reading: string;
}

/**
 * Audited days by status: of one ESIID by date, else those with the greatest difference first.
 *
 * The statuses are constants in the statement's text, so that planning eliminates the half of the view without reads unless
 * `unaudited` is among them; with a parameter it would be scanned. For all ESIIDs that is required: without reads only
 * usage_date restricts, and blocks have no index on it.
 */
export async function readDayAudit({ kysely }: Database, query: AuditQuery): Promise<readonly AuditedDay[]> {
  const order = query.esiid === null ? sql`abs(difference_kwh) desc nulls last, ` : sql``;
  const { rows } = await sql<AuditedDay>`
    select esiid, channel, usage_date, status, ${trimmed('interval_kwh')}, ${trimmed('daily_kwh')},
      ${trimmed('register_kwh')}, ${trimmed('difference_kwh')}, ${trimmed('running_difference_kwh')}, register_agrees,
      intervals, expected_intervals
    from smt_day_audit
    where ${restrictions(query, sql.ref('usage_date'))} and status in (${statusList(query.statuses)})
    order by ${order} usage_date, esiid, channel
    limit ${query.limit}`.execute(kysely);
  return rows;
}

/** Audited billing periods by status, in order. */
export async function readPeriodAudit(
  { kysely }: Database,
  query: AuditQuery,
): Promise<readonly AuditedPeriod[]> {
  const { rows } = await sql<AuditedPeriod>`
    select esiid, channel, start_date, end_date, status, ${trimmed('billed_kwh')}, ${trimmed('register_kwh')},
      ${trimmed('interval_kwh')}
    from smt_month_audit
    where ${restrictions(query, sql.ref('start_date'))} and status in (${statusList(query.statuses)})
    order by start_date, end_date, esiid, channel
    limit ${query.limit}`.execute(kysely);
  return rows;
}

/** Midnights at which a register jumped, in order. */
export async function readRegisterBreaks(
  { kysely }: Database,
  query: AuditQuery,
): Promise<readonly RegisterBreak[]> {
  const { rows } = await sql<RegisterBreak>`
    select esiid, channel, usage_date, ${trimmed('end_reading')}, ${trimmed('next_start_reading')}
    from smt_register_breaks
    where ${restrictions(query, sql.ref('usage_date'))}
    order by usage_date, esiid, channel
    limit ${query.limit}`.execute(kysely);
  return rows;
}

function trimmed(column: string): RawBuilder<unknown> {
  return sql`trim_scale(${sql.ref(column)})::text as ${sql.ref(column)}`;
}

function statusList(statuses: readonly DayStatus[]): RawBuilder<unknown> {
  return sql.join(statuses.map((status) => sql.lit(status)));
}

function restrictions(
  { esiid, channel, from, to }: AuditQuery,
  date: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const given = [
    esiid !== null && sql`esiid = ${esiid}`,
    channel !== null && sql`channel = ${channel}::smt_channel`,
    from !== null && sql`${date} >= ${from}::date`,
    to !== null && sql`${date} <= ${to}::date`,
  ].filter((condition) => condition !== false);
  return given.length > 0 ? sql.join(given, sql` and `) : sql`true`;
}
