import { sql } from 'kysely';
import type { Database } from '../database.ts';

export interface MissingUpload {
  readonly objectKey: string;
  readonly source: string;
  readonly requestedAt: Date;
}

/**
 * Presigned uploads whose URL ran out without a file: of their key, or with their bytes under another. An old client
 * that ignores the answer and logs success shows here, and only here.
 * @param expiredBefore leaves time for the event of an upload begun in the URL's last moment
 * @param requestedAfter bounds how long a missing upload is reported
 */
export async function listMissingUploads(
  { kysely }: Database,
  search: { readonly bucket: string; readonly expiredBefore: Date; readonly requestedAfter: Date },
): Promise<readonly MissingUpload[]> {
  const { rows } = await sql<MissingUpload>`
    select object_key as "objectKey", source, requested_at as "requestedAt"
    from upload_requests request
    where expires_at < ${search.expiredBefore} and requested_at > ${search.requestedAfter}
      and not exists (
        select from raw_smt_files file
        where file.bucket = ${search.bucket} and file.object_key = request.object_key
      )
      and not exists (select from raw_smt_files file where file.sha256 = request.sha256)
    order by requested_at`.execute(kysely);
  return rows;
}
