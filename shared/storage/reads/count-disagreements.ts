import { sql } from 'kysely';
import type { AuditCounts } from '../../reads/audit-counts.ts';
import type { Database } from '../database.ts';

type Disagreements = Pick<AuditCounts, 'daysDiffering' | 'daysMissing'>;

/**
 * Counts the days that do not agree and were noticed since an instant. A day with missing intervals counts only after the grace
 * period, since intervals may arrive later than reads, and then counts as noticed at its end.
 *
 * Checks each day in smt_day_audit again: it may have been corrected since.
 */
export async function countDisagreements(
  { kysely }: Database,
  { noticedAfter, graceDays }: { readonly noticedAfter: Date; readonly graceDays: number },
): Promise<Disagreements> {
  const { rows } = await sql<Disagreements>`
    with known as (
      select esiid, channel, usage_date, noticed_at,
        timezone('America/Chicago', (usage_date + ${graceDays}::integer)::timestamp) as due_at
      from day_disagreements
      where noticed_at > ${noticedAfter}
        or usage_date >= timezone('America/Chicago', ${noticedAfter})::date - ${graceDays}::integer
    )
    select
      (count(*) filter (where day.status = 'differs' and noticed_at > ${noticedAfter}))::integer as "daysDiffering",
      (count(*) filter (where day.status <> 'differs' and due_at <= now()
        and greatest(due_at, noticed_at) > ${noticedAfter}))::integer as "daysMissing"
    from known
    cross join lateral smt_audited_days(known.esiid, known.channel, known.usage_date, known.usage_date) day
    where day.status <> 'agrees'`.execute(kysely);
  return rows[0] ?? { daysDiffering: 0, daysMissing: 0 };
}
