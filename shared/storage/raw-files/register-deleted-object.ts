import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { storableText } from '../storable-text.ts';
import type { NewRawFile } from './register-raw-file.ts';

/**
 * Gives an object version that was deleted before it was read its row: `failed: object-deleted`. A row it has already
 * stays as it is.
 * @returns the new row's id; null if there was one
 */
export async function registerDeletedObject(
  { kysely }: Database,
  file: Omit<NewRawFile, 'sha256' | 'contentType'>,
  errorMessage: string,
): Promise<string | null> {
  const row = await kysely
    .insertInto('raw_smt_files')
    .values({
      bucket: file.bucket,
      object_key: file.objectKey,
      version_id: file.versionId,
      etag: file.etag,
      filename: storableText(file.filename),
      size_bytes: file.sizeBytes,
      source: file.source,
      esiid: file.esiid,
      received_at: file.receivedAt,
      status: 'failed',
      error_code: 'object-deleted',
      error_message: errorMessage,
      registered_at: sql`now()`,
    })
    .onConflict((conflict) => conflict.columns(['bucket', 'object_key', 'version_id']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return row?.id ?? null;
}
