import { sql } from 'kysely';
import type { Database } from '../database.ts';
import type { RawFileStatus } from '../tables.ts';

export interface StoredContent {
  readonly id: string;
  readonly filename: string;
  readonly status: RawFileStatus;
}

/**
 * A file that makes another upload of this content unnecessary: same bytes, and either these alone determine what is loaded
 * or the ESIID hint is the same too. Excludes files whose object is deleted, which an upload would fix, and files of another
 * bucket, which this stack can neither load nor replay. Prefers a normalized one, then the oldest.
 */
export async function findStoredContent(
  database: Database,
  content: { readonly bucket: string; readonly sha256: string; readonly esiid: string | null },
): Promise<StoredContent | null> {
  const { rows } = await sql<StoredContent>`
    select id, filename, status
    from raw_files
    where sha256 = ${content.sha256} and bucket = ${content.bucket}
      and (self_contained or esiid is not distinct from ${content.esiid})
      and (status = 'normalized' or error_code is distinct from 'object-deleted')
    order by status = 'normalized' desc, id
    limit 1`.execute(database.kysely);
  return rows[0] ?? null;
}
