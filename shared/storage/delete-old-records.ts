import { sql } from 'kysely';
import type { Database } from './database.ts';

/** A missing upload is reported for a day, and nobody asks for the attempts of last quarter's files. */
const keptDays = 90;

/**
 * Deletes upload requests and attempts that ended more than ninety days ago: together they take as much as the rows of their
 * files, which stay. Of attempts only those of the oldest files are looked at, since there is no index by their end; a few of
 * these may have been replayed.
 * @param limit of each kind
 * @returns how many were deleted
 */
export async function deleteOldRecords({ kysely }: Database, limit: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with request as (
      delete from upload_requests
      where object_key in (
        select object_key from upload_requests
        where expires_at < now() - ${keptDays} * interval '1 day'
        order by expires_at limit ${limit}
        for update skip locked
      )
      returning 1
    ), attempt as (
      delete from normalize_attempts
      where (raw_file_id, attempt) in (
        select raw_file_id, attempt
        from (select * from normalize_attempts order by raw_file_id, attempt limit ${limit}) oldest
        where ended_at < now() - ${keptDays} * interval '1 day'
      )
      returning 1
    )
    select (select count(*)::integer from request) + (select count(*)::integer from attempt) as count`.execute(
    kysely,
  );
  return rows[0]?.count ?? 0;
}
