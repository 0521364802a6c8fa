import type { Database } from '../storage/database.ts';
import {
  countErasedObjects,
  type ErasedObject,
  listErasedObjects,
  markObjectsDeleted,
} from '../storage/removals/erased-objects.ts';

/** Maximum number of objects in one S3 request. */
const objectsPerRequest = 1_000;

export interface DeleteErasedObjects {
  readonly database: Database;
  readonly bucket: string;
  /** Permanently deletes object versions; returns those that are deleted, now or before. */
  readonly deleteVersions: (versions: readonly ErasedObject[]) => Promise<readonly ErasedObject[]>;
  readonly hasTime: () => boolean;
}

/**
 * Deletes the object versions that hold nothing but an erased ESIID, and records each. Safe to repeat and to interrupt: versions
 * not recorded are deleted again.
 */
export async function deleteErasedObjects(
  { database, bucket, deleteVersions, hasTime }: DeleteErasedObjects,
  esiid: string,
): Promise<{ readonly deleted: number; readonly pending: number }> {
  let deleted = 0;
  while (hasTime()) {
    const listed = await listErasedObjects(database, { esiid, bucket, limit: objectsPerRequest });
    const done = listed.length === 0 ? [] : await deleteVersions(listed);
    if (done.length === 0) break; // none are left, or S3 rejects them all
    await markObjectsDeleted(
      database,
      esiid,
      done.map(({ rawFileId }) => rawFileId),
    );
    deleted += done.length;
  }
  return { deleted, pending: await countErasedObjects(database, esiid) };
}
