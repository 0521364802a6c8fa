import { sql } from 'kysely';
import type { Database } from '../database.ts';
import type { RawFileStatus } from '../tables.ts';

/** What normalize needs to know of a file. */
export interface ClaimedFile {
  readonly id: string;
  readonly bucket: string;
  readonly objectKey: string;
  readonly versionId: string;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly sha256: string | null;
  readonly contentType: string | null;
  readonly source: string;
  readonly esiid: string | null;
  readonly receivedAt: Date;
  /** The final status of a file before its replay; null if it never had one. */
  readonly replayedFrom: RawFileStatus | null;
}

export type Claim =
  | {
      readonly outcome: 'claimed';
      readonly file: ClaimedFile;
      /** Fencing token: every write of this attempt requires it. */
      readonly leaseToken: string;
      readonly attempt: number;
    }
  /** It is of another stack's bucket. */
  | { readonly outcome: 'foreign'; readonly bucket: string }
  /** Nothing to do: the file has a final status. */
  | { readonly outcome: 'finished'; readonly status: RawFileStatus }
  /** Another worker holds its lease until then. */
  | { readonly outcome: 'busy'; readonly leaseExpiresAt: Date }
  /** Too many of its workers were lost; it is now `failed`, or stays normalized, with `timed-out` or `worker-lost`. */
  | {
      readonly outcome: 'given-up';
      readonly attempts: number;
      readonly errorCode: string;
      readonly errorMessage: string;
    }
  | { readonly outcome: 'unknown' };

export interface ClaimOptions {
  readonly id: string;
  /** Only a file of this bucket is claimed. */
  readonly bucket: string;
  readonly leaseMs: number;
  /** Maximum number of consecutive lost attempts before the file fails. */
  readonly maxLostAttempts: number;
  /** Who claims: a request id or the like, for operators who read normalize_attempts. */
  readonly workerId: string;
}

/**
 * Takes a file to normalize it: a registered one, or one whose worker's lease has expired, by the database's clock.
 *
 * Each change is one statement with the old status in its WHERE, so one of two concurrent claims finds it changed. The usual
 * claim costs one round trip; only the remaining cases need the other statements. The lease begins when the row is locked: if it
 * began before a wait for that, it could have ended for another claim that has waited as long and does not see this attempt.
 * Rejected: SELECT … FOR UPDATE and deciding here, which costs four.
 */
export async function claimRawFile(database: Database, options: ClaimOptions): Promise<Claim> {
  const claimed = await claim(database, options);
  if (claimed !== null) return claimed;
  const givenUp = await giveUp(database, options);
  if (givenUp !== null) return givenUp;

  const row = await database.kysely
    .selectFrom('raw_files')
    .select(['bucket', 'status', 'lease_expires_at', sql<boolean>`lease_expires_at > now()`.as('leased')])
    .where('id', '=', options.id)
    .executeTakeFirst();
  if (row === undefined) return { outcome: 'unknown' };
  if (row.bucket !== options.bucket) return { outcome: 'foreign', bucket: row.bucket };
  switch (row.status) {
    case 'normalizing':
      if (row.lease_expires_at !== null && row.leased) {
        return { outcome: 'busy', leaseExpiresAt: row.lease_expires_at };
      }
      return claimRawFile(database, options); // its lease has expired since the last statement
    case 'registered':
      return claimRawFile(database, options); // it was released since the last statement
    case 'normalized':
    case 'failed':
    case 'ignored':
    case 'duplicate':
    case 'withdrawn':
      return { outcome: 'finished', status: row.status };
  }
}

type ClaimedRow = Omit<ClaimedFile, 'sizeBytes'> & { sizeBytes: string; leaseToken: string; attempt: number };

async function claim({ kysely }: Database, options: ClaimOptions): Promise<Claim | null> {
  const { rows } = await sql<ClaimedRow>`
    with locked as materialized (
      select id
      from raw_files
      where id = ${options.id} and bucket = ${options.bucket}
        and (
          status = 'registered'
          or status = 'normalizing' and lease_expires_at <= now() and lost_attempts + 1 < ${options.maxLostAttempts}
        )
      for no key update
    ), claimed as (
      update raw_files file
      set status = 'normalizing',
        attempts = attempts + 1,
        lost_attempts = case status when 'normalizing' then lost_attempts + 1 else lost_attempts end,
        lease_token = gen_random_uuid(),
        lease_expires_at = clock_timestamp() + ${options.leaseMs} * interval '1 millisecond',
        updated_at = now()
      from locked
      where file.id = locked.id
      returning file.*
    ), lost as (
      update normalize_attempts
      set ended_at = now(), outcome = 'lost'
      where raw_file_id = (select id from claimed) and outcome is null
    ), opened as (
      insert into normalize_attempts (raw_file_id, attempt, lease_token, worker_id)
      select id, attempts, lease_token, ${options.workerId} from claimed
    )
    select id, bucket, object_key as "objectKey", version_id as "versionId", filename, size_bytes as "sizeBytes", sha256,
      content_type as "contentType", source, esiid, received_at as "receivedAt",
      replayed_from as "replayedFrom",
      lease_token as "leaseToken", attempts as attempt
    from claimed`.execute(kysely);
  const row = rows[0];
  if (row === undefined) return null;
  const { leaseToken, attempt, ...file } = row;
  return { outcome: 'claimed', file: { ...file, sizeBytes: Number(file.sizeBytes) }, leaseToken, attempt };
}

async function giveUp({ kysely }: Database, options: ClaimOptions): Promise<Claim | null> {
  const { rows } = await sql<{ attempts: number; errorCode: string; errorMessage: string }>`
    with reason as (
      select coalesce(max(error_code), 'worker-lost') as error_code
      from normalize_attempts where raw_file_id = ${options.id} and outcome is null
    ), given_up as (
      update raw_files
      set status = case replayed_from when 'normalized' then 'normalized' else 'failed' end,
        replayed_from = null,
        lost_attempts = lost_attempts + 1,
        lease_token = null,
        lease_expires_at = null,
        error_code = reason.error_code,
        error_message = format(
          case reason.error_code
            when 'timed-out' then '%s attempts in a row were lost, the last at the timeout of its invocation: ' ||
              'more memory makes it faster.'
            else '%s attempts in a row were lost, the last without a word: most likely it ran out of memory.'
          end || ' See normalize_attempts.',
          lost_attempts + 1
        ),
        updated_at = now()
      from reason
      where id = ${options.id} and bucket = ${options.bucket}
        and status = 'normalizing' and lease_expires_at <= now() and lost_attempts + 1 >= ${options.maxLostAttempts}
      returning id, attempts, raw_files.error_code, error_message
    ), lost as (
      update normalize_attempts
      set ended_at = now(), outcome = 'lost'
      where raw_file_id = (select id from given_up) and outcome is null
    )
    select attempts, error_code as "errorCode", error_message as "errorMessage" from given_up`.execute(
    kysely,
  );
  const row = rows[0];
  return row === undefined ? null : { outcome: 'given-up', ...row };
}
