import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { LeaseLostError } from '../errors.ts';
import { boundedText } from '../storable-text.ts';

const maxMessageLength = 1_000;

export interface Release {
  readonly id: string;
  readonly leaseToken: string;
  readonly errorCode: string;
  readonly errorMessage: string;
  /** Not an error of the database, the object store or the network: it counts as a lost attempt. */
  readonly isUnexpected: boolean;
  /** Maximum number of consecutive attempts that are lost, or end unexpectedly. */
  readonly maxLostAttempts: number;
  /** How long a file is retried after it was registered or replayed. */
  readonly maxRetryMs: number;
}

export type Released =
  | { readonly outcome: 'released' }
  /** Its attempts are exhausted: it is failed now, or has its status from before the replay. */
  | { readonly outcome: 'given-up'; readonly errorCode: string; readonly errorMessage: string };

/**
 * Releases a claimed file after an error not caused by its content: registered again, for a later attempt. Attempts are
 * always bounded: by number if the error is unexpected, else by time. The row keeps the error until an attempt succeeds.
 * @throws LeaseLostError if another worker has the file by now
 */
export async function releaseRawFile(database: Database, release: Release): Promise<Released> {
  const { id, leaseToken, errorCode, isUnexpected, maxLostAttempts, maxRetryMs } = release;
  const errorMessage = boundedText(release.errorMessage, maxMessageLength);
  const { rows } = await sql<{ givenUp: boolean; errorCode: string; errorMessage: string }>`
    with decided as (
      select id,
        (${isUnexpected} and lost_attempts + 1 >= ${maxLostAttempts})
          or coalesce(replayed_at, registered_at) < now() - ${maxRetryMs} * interval '1 millisecond' as given_up
      from raw_files
      where id = ${id} and status = 'normalizing' and lease_token = ${leaseToken}
      for update
    ), released as (
      update raw_files file
      set status = case when not given_up then 'registered' when replayed_from = 'normalized' then 'normalized' else 'failed' end,
        replayed_from = case when given_up then null else replayed_from end,
        lost_attempts = case when given_up or not ${isUnexpected} then 0 else lost_attempts + 1 end,
        lease_token = null, lease_expires_at = null,
        error_code = case
          when not given_up then ${errorCode} when ${isUnexpected} then 'unexpected-error' else 'retries-exhausted'
        end,
        error_message = case
          when not given_up then ${errorMessage}
          when ${isUnexpected} then 'It failed several times in a row for a reason that smt-ingest does not know: ' || ${errorMessage}
          else 'It was tried again until its time ran out. The last error: ' || ${errorMessage}
        end,
        updated_at = now()
      from decided where file.id = decided.id
      returning file.id, given_up, error_code, error_message
    ), ended as (
      update normalize_attempts
      set ended_at = now(), outcome = case when given_up then 'failed' else 'retry' end,
        error_code = ${errorCode}, error_message = ${errorMessage}
      from released
      where raw_file_id = released.id and lease_token = ${leaseToken}
    )
    select given_up as "givenUp", error_code as "errorCode", error_message as "errorMessage" from released`.execute(
    database.kysely,
  );
  const row = rows[0];
  if (row === undefined) throw new LeaseLostError(id);
  const { givenUp, ...error } = row;
  return givenUp ? { outcome: 'given-up', ...error } : { outcome: 'released' };
}
