import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { LeaseLostError } from '../errors.ts';
import { storableText } from '../storable-text.ts';

export interface Release {
  readonly id: string;
  readonly leaseToken: string;
  readonly errorCode: string;
  readonly errorMessage: string;
}

/**
 * Gives a claimed file back after a transient failure: registered again, for a later attempt. The row keeps the error
 * until an attempt ends better.
 * @throws LeaseLostError if the file is someone else's by now
 */
export async function releaseRawFile(database: Database, release: Release): Promise<void> {
  const errorMessage = storableText(release.errorMessage);
  const { rows } = await sql`
    with released as (
      update raw_smt_files
      set status = 'registered', lost_attempts = 0, lease_token = null, lease_expires_at = null,
        error_code = ${release.errorCode}, error_message = ${errorMessage}, updated_at = now()
      where id = ${release.id} and status = 'normalizing' and lease_token = ${release.leaseToken}
      returning id
    ), ended as (
      update normalize_attempts
      set ended_at = now(), outcome = 'retry', error_code = ${release.errorCode}, error_message = ${errorMessage}
      where raw_file_id = (select id from released) and lease_token = ${release.leaseToken}
    )
    select id from released`.execute(database.kysely);
  if (rows.length === 0) throw new LeaseLostError(release.id);
}
