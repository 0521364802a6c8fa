import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database.ts';

export interface MissingUpload {
  readonly objectKey: string;
  readonly source: string;
  readonly requestedAt: Date;
}

/**
 * Whether the bytes of an upload request are stored, under its key or another. A row of its key with other bytes does not
 * count. A row without a hash counts if it has the key and the size. Not EXISTS: Postgres may answer that by reading all files.
 */
export function hasArrived(bucket: string): RawBuilder<boolean> {
  return sql`coalesce(
    (select true from raw_files file where file.sha256 = request.sha256 limit 1),
    (
      select true from raw_files file
      where file.bucket = ${bucket} and file.object_key = request.object_key
        and file.sha256 is null and file.size_bytes = request.size_bytes
      limit 1
    ),
    false
  )`;
}

/**
 * Presigned uploads whose URL expired before their bytes arrived. An old client that ignores the response and logs
 * success shows up here, and only here.
 * @param expiredBefore allows for the event of an upload that began just before the URL expired
 * @param requestedAfter limits how long a missing upload is reported
 * @returns the oldest of them, at most `limit`, and how many there are
 */
export async function listMissingUploads(
  { kysely }: Database,
  search: {
    readonly bucket: string;
    readonly expiredBefore: Date;
    readonly requestedAfter: Date;
    readonly limit: number;
  },
): Promise<{ readonly count: number; readonly uploads: readonly MissingUpload[] }> {
  const { rows } = await sql<MissingUpload & { count: number }>`
    select (count(*) over ())::int as count, object_key as "objectKey", source, requested_at as "requestedAt"
    from upload_requests request
    where expires_at < ${search.expiredBefore} and requested_at > ${search.requestedAfter}
      and not ${hasArrived(search.bucket)}
    order by requested_at
    limit ${search.limit}`.execute(kysely);
  return { count: rows[0]?.count ?? 0, uploads: rows.map(({ count: _, ...upload }) => upload) };
}
