import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { boundedText, storableText } from '../storable-text.ts';
import type { RawFileStatus } from '../tables.ts';

/** S3 keeps any header of two kilobytes as an object's type. */
const maxContentTypeLength = 200;

/** An S3 object version as register found it. */
export interface NewRawFile {
  readonly bucket: string;
  readonly objectKey: string;
  readonly versionId: string;
  readonly etag: string | null;
  readonly filename: string;
  readonly sizeBytes: number;
  /** 64 hex digits; null if the object was deleted before it could be read. */
  readonly sha256: string | null;
  readonly contentType: string | null;
  readonly source: string;
  /** A hint for files without an ESIID column. */
  readonly esiid: string | null;
  /** S3's LastModified. */
  readonly receivedAt: Date;
}

export interface RegisteredRawFile {
  readonly id: string;
  readonly status: RawFileStatus;
  /** False: the object version had a row already, which is returned unchanged. */
  readonly created: boolean;
  readonly duplicateOf: string | null;
}

/**
 * Inserts the row of an object version: exactly one, however often and concurrently it is registered. It starts as `duplicate`
 * if a normalized file of its bucket has the same bytes and these alone determine what is loaded, else as `registered`.
 *
 * The row of the original is locked, so that it cannot be withdrawn before its duplicate exists and can take its place.
 *
 * The unique key does the work: one INSERT … ON CONFLICT DO NOTHING, which waits for a concurrent one. On conflict,
 * a second statement reads the row, since the first one's snapshot may be older than the row.
 */
export async function registerRawFile(database: Database, file: NewRawFile): Promise<RegisteredRawFile> {
  const { rows } = await sql<Omit<RegisteredRawFile, 'created'>>`
    with original as (
      select id
      from raw_files
      where sha256 = ${file.sha256} and bucket = ${file.bucket} and status = 'normalized' and self_contained
      order by id
      limit 1
      for share
    )
    insert into raw_files (
      bucket, object_key, version_id, etag, filename, size_bytes, sha256, content_type, source, esiid, received_at,
      status, duplicate_of, self_contained
    )
    select
      ${file.bucket}, ${file.objectKey}, ${file.versionId}, ${file.etag}, ${storableText(file.filename)},
      ${file.sizeBytes}, ${file.sha256}, ${boundedText(file.contentType, maxContentTypeLength)}, ${file.source}, ${file.esiid}, ${file.receivedAt},
      case when original.id is null then 'registered' else 'duplicate' end, original.id, original.id is not null
    from (select) always left join original on true
    on conflict (bucket, object_key, version_id) do nothing
    returning id, status, duplicate_of as "duplicateOf"`.execute(database.kysely);
  const created = rows[0];
  if (created) return { ...created, created: true };
  const existing = await database.kysely
    .selectFrom('raw_files')
    .select(['id', 'status', 'duplicate_of as duplicateOf'])
    .where('bucket', '=', file.bucket)
    .where('object_key', '=', file.objectKey)
    .where('version_id', '=', file.versionId)
    .executeTakeFirstOrThrow();
  return { ...existing, created: false };
}
