import type { PoolClient } from 'pg';
import type { DataTable } from '../data-tables.ts';
import type { Database } from '../database.ts';
import type { RawFileStatus } from '../tables.ts';
import { inRemoval, onEachDataTable, type RemovalRequest, type RemovedRows } from './remove.ts';

export interface Withdrawal {
  readonly id: string;
  /** The file's previous status; if `withdrawn`, nothing was done. */
  readonly previousStatus: RawFileStatus;
  /** Rows deleted, and rows that stay since other files hold them. */
  readonly rows: RemovedRows;
  /** A duplicate with the same bytes, which the rows now belong to; null if there was none. */
  readonly heirId: string | null;
}

/**
 * Withdraws a raw file: its row stays, as `withdrawn`, and the data is as if the file had never arrived. Rows that another
 * file also holds are reassigned to the first such file; the rest are deleted. A duplicate with the same bytes replaces the
 * file. A worker that has the file loses its lease, so its work is rolled back.
 *
 * The rows of every file are known (repeated_content), so no file is read again and no data is missing at any time. Rejected:
 * reading the other files of the same ESIIDs and days again, which takes as long as loading them, needs an order in which
 * readers miss nothing, and fails for files whose objects have expired.
 * @returns null if there is no such file
 * @throws pg's DatabaseError, DatabaseUnavailableError; nothing was changed then
 */
export function withdrawRawFile(
  database: Database,
  id: string,
  request: RemovalRequest,
): Promise<Withdrawal | null> {
  return inRemoval(database, async (client) => {
    const { rows } = await client.query<{ status: RawFileStatus }>(
      'select status from raw_files where id = $1 for update',
      [id],
    );
    const previousStatus = rows[0]?.status;
    if (previousStatus === undefined) return null;
    if (previousStatus === 'withdrawn') {
      return { id, previousStatus, rows: { removed: 0, kept: 0 }, heirId: null };
    }
    const heirId = await promoteDuplicate(client, id);
    const counts =
      heirId === null
        ? await onEachDataTable((table) => removeRows(client, table, id))
        : await onEachDataTable((table) => bequeathRows(client, table, id, heirId));
    await (heirId === null ? endMeters(client, id) : bequeathRest(client, id, heirId));
    await markWithdrawn(client, id);
    await client.query(
      `insert into removals (action, raw_file_id, requested_by, reason, rows_removed, rows_kept)
       values ('withdraw', $1, $2, $3, $4, $5)`,
      [id, request.requestedBy, request.reason, counts.removed, counts.kept],
    );
    return { id, previousStatus, rows: counts, heirId };
  });
}

/**
 * The keys of the rows of a data table that belong to file $1: found by the ESIIDs and days of its meters. Not their ctid, which
 * names no row of a table that is distributed over servers.
 */
function ownRows({ name, date, content }: DataTable): string {
  return `
    select stored.esiid, stored.channel, stored.${date} as date, stored.revised_at, ${content('stored')} as content
    from raw_file_meters meter join ${name} stored
      on stored.esiid = meter.esiid and stored.channel = meter.channel
      and stored.${date} between meter.first_usage_date and meter.last_usage_date
    where meter.raw_file_id = $1 and stored.raw_file_id = $1`;
}

/** That a row of the table has the key of a row of this alias. */
function hasKeyOf({ date, content }: DataTable, alias: string): string {
  return `stored.esiid = ${alias}.esiid and stored.channel = ${alias}.channel and stored.${date} = ${alias}.date
        and stored.revised_at = ${alias}.revised_at and ${content('stored')} = ${alias}.content`;
}

/** Reassigns each row of the file that others hold to the first of them, and deletes the rest. */
async function removeRows(client: PoolClient, table: DataTable, id: string): Promise<RemovedRows> {
  const { name } = table;
  const { rows } = await client.query<{ removed: string; kept: string }>(
    `with own as materialized (${ownRows(table)}), holder as (
      select repeated.esiid, repeated.channel, content.date, content.revision, content.content,
        min(repeated.raw_file_id) as raw_file_id
      from (select distinct esiid, channel from raw_file_meters where raw_file_id = $1) meter
        join repeated_content repeated
          on repeated.esiid = meter.esiid and repeated.channel = meter.channel
          and repeated.data_table = '${name}' and repeated.raw_file_id <> $1
        cross join unnest(repeated.dates, repeated.revisions, repeated.contents) content (date, revision, content)
      group by 1, 2, 3, 4, 5
    ), decided as materialized (
      select own.*, holder.raw_file_id
      from own left join holder
        on holder.esiid = own.esiid and holder.channel = own.channel and holder.date = own.date
        and holder.revision = own.revised_at and holder.content = own.content
    ), given as (
      update ${name} stored set raw_file_id = decided.raw_file_id
      from decided where ${hasKeyOf(table, 'decided')} and decided.raw_file_id is not null
    ), removed as (
      delete from ${name} stored using decided
      where ${hasKeyOf(table, 'decided')} and decided.raw_file_id is null
    )
    select count(*) filter (where raw_file_id is null) as removed, count(raw_file_id) as kept from decided`,
    [id],
  );
  return { removed: Number(rows[0]?.removed), kept: Number(rows[0]?.kept) };
}

/** Reassigns all rows of the file to its duplicate. */
async function bequeathRows(
  client: PoolClient,
  table: DataTable,
  id: string,
  heirId: string,
): Promise<RemovedRows> {
  const { rowCount } = await client.query(
    `with own as materialized (${ownRows(table)})
     update ${table.name} stored set raw_file_id = $2 from own where ${hasKeyOf(table, 'own')}`,
    [id, heirId],
  );
  return { removed: 0, kept: rowCount ?? 0 };
}

const copiedColumns = [
  ...['rows_read', 'intervals_read', 'duplicate_rows', 'conflicting_rows', 'missing_kwh', 'nonexistent_hour'],
  ...[
    'daily_reads_read',
    'daily_reads_inserted',
    'monthly_reads_read',
    'monthly_reads_inserted',
    'invalid_reading',
  ],
  ...['invalid_esiid', 'invalid_timestamp', 'invalid_kwh', 'invalid_row', 'blocks_inserted'],
  ...['blocks_unchanged', 'intervals_inserted', 'blocks_suppressed', 'members', 'esiid_count'],
  ...['interval_min_at', 'interval_max_at', 'normalized_at', 'announced_at', 'self_contained'],
];

/** Makes the oldest duplicate of a file normalized with the same counts, and the original of the other duplicates. */
async function promoteDuplicate(client: PoolClient, id: string): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    'select id from raw_files where duplicate_of = $1 order by id for update',
    [id],
  );
  const heirId = rows[0]?.id;
  if (heirId === undefined) return null;
  const copies = copiedColumns.map((column) => `${column} = original.${column}`).join(', ');
  await client.query(
    `update raw_files heir
     set status = 'normalized', duplicate_of = null, replayed_from = null, ${copies}, updated_at = now()
     from raw_files original
     where heir.id = $2 and original.id = $1`,
    [id, heirId],
  );
  await client.query('update raw_files set duplicate_of = $2, updated_at = now() where duplicate_of = $1', [
    id,
    heirId,
  ]);
  return heirId;
}

/**
 * Moves the file's other rows to the duplicate, which had none. Nothing changes for readers, so no change is recorded.
 */
async function bequeathRest(client: PoolClient, id: string, heirId: string): Promise<void> {
  await client.query(
    `update repeated_content set raw_file_id = $2
     where raw_file_id = $1 and esiid in (select esiid from raw_file_meters where raw_file_id = $1)`,
    [id, heirId],
  );
  await client.query('update raw_file_meters set raw_file_id = $2 where raw_file_id = $1', [id, heirId]);
  await client.query('update rejected_rows set raw_file_id = $2 where raw_file_id = $1', [id, heirId]);
}

/** Records that the days of the file have changed, and deletes its repeated_content. */
async function endMeters(client: PoolClient, id: string): Promise<void> {
  await client.query(
    `delete from repeated_content repeated using raw_file_meters meter
     where meter.raw_file_id = $1 and repeated.raw_file_id = $1
       and repeated.esiid = meter.esiid and repeated.channel = meter.channel`,
    [id],
  );
  await client.query('update raw_file_meters set changed_xid = pg_current_xact_id() where raw_file_id = $1', [
    id,
  ]);
}

async function markWithdrawn(client: PoolClient, id: string): Promise<void> {
  await client.query(
    `with withdrawn as (
      update raw_files
      set status = 'withdrawn', duplicate_of = null, replayed_from = null, lost_attempts = 0, lease_token = null,
        lease_expires_at = null, error_code = null, error_message = null, blocks_inserted = 0, blocks_unchanged = 0,
        intervals_inserted = 0, daily_reads_inserted = 0, monthly_reads_inserted = 0, normalized_at = null, announced_at = null, updated_at = now()
      where id = $1
      returning id
    )
    update normalize_attempts set ended_at = now(), outcome = 'lost'
    where raw_file_id = (select id from withdrawn) and outcome is null`,
    [id],
  );
}
