import type { PoolClient } from 'pg';
import type { Database } from '../database.ts';
import { inRemoval, onEachDataTable, type RemovalRequest } from './remove.ts';

/** A file to report to the operator: it holds, or may hold, the ESIID and others. */
interface SharedFile {
  readonly id: string;
  readonly filename: string;
  readonly objectKey: string;
  readonly versionId: string;
  /** `other-esiids`: it holds other ESIIDs. `unread`: not all of it was read as intervals, so it may. */
  readonly why: 'other-esiids' | 'unread';
}

export interface Erasure {
  readonly esiid: string;
  readonly rowsRemoved: number;
  /** Objects that were not deleted, since they hold other ESIIDs too, or may; the first thousand. */
  readonly sharedFiles: readonly SharedFile[];
}

/**
 * Erases an ESIID: its intervals and reads, rejected rows that name it, upload requests for it and hints. From then on no load
 * inserts it again. Object versions that hold nothing else are listed for deletion (see erased-objects.ts), and their files
 * become `withdrawn`. Rows of raw_file_meters stay: they show which objects still hold the ESIID, and that its days changed.
 * Safe to repeat.
 * @throws pg's DatabaseError, DatabaseUnavailableError; nothing was changed then
 */
export function eraseEsiid(database: Database, esiid: string, request: RemovalRequest): Promise<Erasure> {
  return inRemoval(database, async (client) => {
    await client.query('insert into erased_esiids (esiid) values ($1) on conflict do nothing', [esiid]);
    const { removed } = await onEachDataTable(async ({ name }) => {
      const { rowCount } = await client.query(`delete from ${name} where esiid = $1`, [esiid]);
      return { removed: rowCount ?? 0, kept: 0 };
    });
    await client.query('delete from repeated_content where esiid = $1', [esiid]);
    await client.query('update raw_file_meters set changed_xid = pg_current_xact_id() where esiid = $1', [
      esiid,
    ]);
    const sharedFiles = await sortFiles(client, esiid);
    await forgetTraces(client, esiid);
    await client.query(
      `insert into removals (action, esiid, requested_by, reason, rows_removed) values ('erase', $1, $2, $3, $4)`,
      [esiid, request.requestedBy, request.reason, removed],
    );
    return { esiid, rowsRemoved: removed, sharedFiles };
  });
}

/**
 * Every file that holds the ESIID, was sent with it as a hint, or has it in its name, and why its object may not be deleted:
 * null if it can hold nothing but the ESIID. A duplicate holds what its original does.
 */
const filesOfEsiid = `
  select file.id, file.filename, file.object_key as "objectKey", file.version_id as "versionId",
    case
      when exists (
        select from raw_file_meters meter
        where meter.raw_file_id = original.id and meter.esiid <> $1
      ) then 'other-esiids'
      when not exists (select from raw_file_meters meter where meter.raw_file_id = original.id)
        or original.invalid_esiid > 0
        or original.status not in ('normalized', 'withdrawn')
        or jsonb_path_exists(original.members, '$[*] ? (!(@.kind like_regex "^(interval|daily|monthly)$") || @.error_code != null)')
      then 'unread'
    end as why
  from raw_files file join raw_files original on original.id = coalesce(file.duplicate_of, file.id)
  where original.id in (
      select raw_file_id from raw_file_meters where esiid = $1
      union all select id from raw_files where esiid = $1
    ) or file.esiid = $1 or strpos(file.object_key, $1) > 0 or strpos(file.filename, $1) > 0`;

/** Lists for deletion the objects that hold only the ESIID, and withdraws their files; returns the others. */
async function sortFiles(client: PoolClient, esiid: string): Promise<readonly SharedFile[]> {
  await client.query(
    `with sole as (
      select id from (${filesOfEsiid}) file where why is null
    ), listed as (
      insert into erased_objects (raw_file_id, esiid) select id, $1 from sole on conflict do nothing
    )
    update raw_files file
    set status = 'withdrawn', duplicate_of = null, replayed_from = null, lease_token = null, lease_expires_at = null,
      normalized_at = null, announced_at = null, blocks_inserted = 0, blocks_unchanged = 0, intervals_inserted = 0, daily_reads_inserted = 0,
      monthly_reads_inserted = 0,
      error_code = 'esiid-erased', error_message = 'It held nothing but an ESIID that was erased.', updated_at = now()
    from sole where file.id = sole.id`,
    [esiid],
  );
  const { rows } = await client.query<SharedFile>(
    `select * from (${filesOfEsiid}) file where why is not null order by id limit 1000`,
    [esiid],
  );
  return rows;
}

/** Deletes the other places of the ESIID: rejected rows, upload requests, hints. */
async function forgetTraces(client: PoolClient, esiid: string): Promise<void> {
  await client.query(
    `delete from rejected_rows
     where strpos(row_text, $1) > 0
       or raw_file_id in (select id from raw_files where esiid = $1)
       or raw_file_id in (select raw_file_id from erased_objects where esiid = $1)`,
    [esiid],
  );
  await client.query('delete from day_disagreements where esiid = $1', [esiid]);
  await client.query('delete from upload_requests where esiid = $1 or strpos(object_key, $1) > 0', [esiid]);
  await client.query('update raw_files set esiid = null, updated_at = now() where esiid = $1', [esiid]);
}

/**
 * Lifts an erasure: files that arrive or are replayed from now on are loaded with the ESIID again.
 * @returns false if it was not erased
 */
export function liftErasure(database: Database, esiid: string, request: RemovalRequest): Promise<boolean> {
  return inRemoval(database, async (client) => {
    const { rowCount } = await client.query('delete from erased_esiids where esiid = $1', [esiid]);
    if (rowCount === 0) return false;
    await client.query(
      `insert into removals (action, esiid, requested_by, reason) values ('lift-erasure', $1, $2, $3)`,
      [esiid, request.requestedBy, request.reason],
    );
    return true;
  });
}
