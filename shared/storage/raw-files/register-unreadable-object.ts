import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { storableText } from '../storable-text.ts';
import type { NewRawFile } from './register-raw-file.ts';

/**
 * Inserts the row of an object version that cannot be read: `failed`, with the error (`object-deleted`, `unusable-key`). An
 * existing row stays unchanged.
 * @returns the new row's id; null if there was one
 */
export async function registerUnreadableObject(
  { kysely }: Database,
  file: Omit<NewRawFile, 'sha256' | 'contentType'>,
  error: { readonly code: string; readonly message: string },
): Promise<string | null> {
  const row = await kysely
    .insertInto('raw_files')
    .values({
      bucket: file.bucket,
      object_key: storableText(file.objectKey),
      version_id: file.versionId,
      etag: file.etag,
      filename: storableText(file.filename),
      size_bytes: file.sizeBytes,
      source: file.source,
      esiid: file.esiid,
      received_at: file.receivedAt,
      status: 'failed',
      error_code: error.code,
      error_message: storableText(error.message),
      registered_at: sql`now()`,
    })
    .onConflict((conflict) => conflict.columns(['bucket', 'object_key', 'version_id']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return row?.id ?? null;
}
