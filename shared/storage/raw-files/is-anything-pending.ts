import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { hasArrived } from '../upload-requests/list-missing-uploads.ts';

/**
 * Whether something is not yet due but will be: a normalized file whose worker has still to announce it, or an upload
 * that was granted and has not come.
 * @param expiredBefore URLs that ran out before this are no longer waited for
 */
export async function isAnythingPending(
  { kysely }: Database,
  { bucket, expiredBefore }: { readonly bucket: string; readonly expiredBefore: Date },
): Promise<boolean> {
  const { rows } = await sql<{ awaited: boolean }>`
    select exists (
      select from raw_files where bucket = ${bucket} and status = 'normalized' and announced_at is null
    ) or exists (
      select from upload_requests request
      where expires_at >= ${expiredBefore} and not ${hasArrived(bucket)}
    ) as awaited`.execute(kysely);
  return rows[0]?.awaited ?? false;
}
