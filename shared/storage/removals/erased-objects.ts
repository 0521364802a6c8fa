import { sql } from 'kysely';
import type { Database } from '../database.ts';

export interface ErasedObject {
  readonly rawFileId: string;
  readonly bucket: string;
  readonly objectKey: string;
  readonly versionId: string;
}

/** Object versions of an erased ESIID in a bucket that are still to be deleted, oldest first. */
export async function listErasedObjects(
  { kysely }: Database,
  { esiid, bucket, limit }: { readonly esiid: string; readonly bucket: string; readonly limit: number },
): Promise<readonly ErasedObject[]> {
  return kysely
    .selectFrom('erased_objects')
    .innerJoin('raw_files as file', 'file.id', 'erased_objects.raw_file_id')
    .select([
      'file.id as rawFileId',
      'file.bucket',
      'file.object_key as objectKey',
      'file.version_id as versionId',
    ])
    .where('erased_objects.esiid', '=', esiid)
    .where('erased_objects.deleted_at', 'is', null)
    .where('file.bucket', '=', bucket)
    .orderBy('file.id')
    .limit(limit)
    .execute();
}

/** How many object versions of an erased ESIID are still to be deleted, in any bucket. */
export async function countErasedObjects({ kysely }: Database, esiid: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from erased_objects where esiid = ${esiid} and deleted_at is null`.execute(
    kysely,
  );
  return rows[0]?.count ?? 0;
}

/**
 * Records that object versions were deleted, and removes the ESIID from their files' names and keys. The key stays unique:
 * the file's id replaces the ESIID.
 */
export async function markObjectsDeleted(
  { kysely }: Database,
  esiid: string,
  rawFileIds: readonly string[],
): Promise<void> {
  await sql`
    with deleted as (
      update erased_objects set deleted_at = now()
      where raw_file_id = any(${rawFileIds}::bigint[]) and esiid = ${esiid}
      returning raw_file_id
    )
    update raw_files
    set object_key = replace(object_key, ${esiid}, 'erased-' || id), filename = replace(filename, ${esiid}, 'erased'),
      updated_at = now()
    where id in (select raw_file_id from deleted)`.execute(kysely);
}
