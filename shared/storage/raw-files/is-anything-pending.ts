import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { hasArrived } from '../upload-requests/list-missing-uploads.ts';
import { isUnannounced } from './has-status.ts';

/**
 * Whether work that is not due yet is pending: a normalized file whose worker has still to announce it, or a granted upload
 * that has not arrived.
 * @param expiredBefore uploads whose URL expired before this no longer count
 */
export async function isAnythingPending(
  { kysely }: Database,
  { bucket, expiredBefore }: { readonly bucket: string; readonly expiredBefore: Date },
): Promise<boolean> {
  const { rows } = await sql<{ awaited: boolean }>`
    select exists (
      select from raw_files where bucket = ${bucket} and ${isUnannounced}
    ) or exists (
      select from upload_requests request
      where expires_at >= ${expiredBefore} and not ${hasArrived(bucket)}
    ) as awaited`.execute(kysely);
  return rows[0]?.awaited ?? false;
}
