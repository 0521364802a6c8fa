import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { boundedText } from '../storable-text.ts';
import type { RawFileStatus } from '../tables.ts';

const maxMessageLength = 1_000;

export interface Restoration {
  readonly id: string;
  readonly leaseToken: string;
  /** Why the replay failed; kept on the row and on the attempt. */
  readonly errorCode: string;
  readonly errorMessage: string;
}

/**
 * Restores the final status that a file was replayed from, after an attempt that could not read it: its counts and members
 * stay unchanged. A duplicate becomes one again only while a normalized file with its bytes exists.
 * @returns the status; null if there was none before, or another worker has the file by now
 */
export async function restoreRawFile(
  database: Database,
  restoration: Restoration,
): Promise<RawFileStatus | null> {
  const errorMessage = boundedText(restoration.errorMessage, maxMessageLength);
  const { rows } = await sql<{ status: RawFileStatus }>`
    with original as (
      select original.id
      from raw_files original join raw_files file using (bucket, sha256)
      where file.id = ${restoration.id} and original.id <> file.id
        and original.status = 'normalized' and original.self_contained
      order by original.id
      limit 1
      for share of original
    ), restored as (
      update raw_files
      set status = replayed_from,
        duplicate_of = case replayed_from when 'duplicate' then (select id from original) end,
        replayed_from = null, lost_attempts = 0, lease_token = null, lease_expires_at = null,
        error_code = ${restoration.errorCode}, error_message = ${errorMessage}, updated_at = now()
      where id = ${restoration.id} and status = 'normalizing' and lease_token = ${restoration.leaseToken}
        and replayed_from is not null and (replayed_from <> 'duplicate' or exists (select from original))
      returning id, status
    ), ended as (
      update normalize_attempts
      set ended_at = now(), outcome = 'failed', error_code = ${restoration.errorCode}, error_message = ${errorMessage}
      where raw_file_id = (select id from restored) and lease_token = ${restoration.leaseToken}
    )
    select status from restored`.execute(database.kysely);
  return rows[0]?.status ?? null;
}
