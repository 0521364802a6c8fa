import { sql } from 'kysely';
import type { Database } from '../database.ts';

export interface FoundUploadRequest {
  readonly object_key: string;
  readonly filename: string;
  readonly source: string;
  readonly requested_at: Date;
  readonly expires_at: Date;
}

/** Maximum number of requests that are searched by name or hash, which have no index. */
const maxSearched = 10_000;
const maxFound = 20;

/**
 * Granted uploads of this object key, filename or SHA-256 (64 hex digits), the last ones first. By name and hash only the last
 * ten thousand are searched: a request is of interest while its file has not come.
 */
export async function findUploadRequests(
  { kysely }: Database,
  name: string,
): Promise<readonly FoundUploadRequest[]> {
  const { rows } = await sql<FoundUploadRequest>`
    select object_key, filename, source, requested_at, expires_at
    from (
      select * from upload_requests where object_key = ${name}
      union
      (select * from (select * from upload_requests order by expires_at desc limit ${maxSearched}) recent
        where filename = ${name} or sha256 = ${name.toLowerCase()})
    ) request
    order by requested_at desc
    limit ${maxFound}`.execute(kysely);
  return rows;
}
