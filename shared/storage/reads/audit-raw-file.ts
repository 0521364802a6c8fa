import { sql } from 'kysely';
import type { AuditCounts } from '../../reads/audit-counts.ts';
import type { Database } from '../database.ts';

/**
 * Audits the current state of the days that a file holds, and adds to or deletes from day_disagreements (see the migration for
 * why that is safe at any time and concurrently). Call it after the transaction that changed the days has committed.
 *
 * raw_file_meters has the ESIIDs and days. Other tables than that and day_disagreements are read by functions, since Citus takes
 * no statement that names distributed tables and writes to others.
 */
export async function auditRawFile({ kysely }: Database, rawFileId: string): Promise<AuditCounts> {
  const { rows } = await sql<AuditCounts>`
    with meter as materialized (
      select * from smt_meters_with_reads(${rawFileId})
    ), audited as materialized (
      select day.esiid, day.channel, day.usage_date, day.status, known.seen_at
      from meter
      cross join lateral
        smt_audited_days(meter.esiid, meter.channel, meter.first_date, meter.last_date) day
      left join day_disagreements known
        on known.esiid = day.esiid and known.channel = day.channel and known.usage_date = day.usage_date
    ), noted as (
      insert into day_disagreements (esiid, channel, usage_date)
      select esiid, channel, usage_date from audited where status <> 'agrees' order by esiid, channel, usage_date
      on conflict (esiid, channel, usage_date) do update set seen_at = clock_timestamp()
    ), cleared as (
      delete from day_disagreements known
      using audited
      where known.esiid = audited.esiid and known.channel = audited.channel and known.usage_date = audited.usage_date
        and audited.status = 'agrees' and known.seen_at = audited.seen_at
    ), breaks as (
      select count(*)::integer as found
      from meter
      cross join lateral
        smt_found_breaks(meter.esiid, meter.channel, meter.first_date, meter.last_date) break
    )
    select
      (count(*) filter (where status = 'agrees'))::integer as "daysAgreeing",
      (count(*) filter (where status = 'differs'))::integer as "daysDiffering",
      (count(*) filter (where status in ('incomplete', 'missing')))::integer as "daysMissing",
      (select found from breaks) as "registerBreaks"
    from audited`.execute(kysely);
  return rows[0] ?? { daysAgreeing: 0, daysDiffering: 0, daysMissing: 0, registerBreaks: 0 };
}
