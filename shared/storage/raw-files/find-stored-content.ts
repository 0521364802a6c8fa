import { sql } from 'kysely';
import type { Database } from '../database.ts';
import type { RawFileStatus } from '../tables.ts';

export interface StoredContent {
  readonly id: string;
  readonly filename: string;
  readonly status: RawFileStatus;
}

/**
 * A file that makes uploading this content again pointless: same bytes, and either these alone decide what is loaded or
 * the ESIID hint is the same too. A file whose object is deleted is none: uploading is what would help. Neither is one of
 * another bucket that is not normalized, since this stack could not load it. Prefers one that is normalized, then the oldest.
 */
export async function findStoredContent(
  database: Database,
  content: { readonly bucket: string; readonly sha256: string; readonly esiid: string | null },
): Promise<StoredContent | null> {
  const { rows } = await sql<StoredContent>`
    select id, filename, status
    from raw_files
    where sha256 = ${content.sha256}
      and (self_contained or esiid is not distinct from ${content.esiid})
      and (status = 'normalized' or bucket = ${content.bucket} and error_code is distinct from 'object-deleted')
    order by status = 'normalized' desc, id
    limit 1`.execute(database.kysely);
  return rows[0] ?? null;
}
