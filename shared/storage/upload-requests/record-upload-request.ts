import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { storableText } from '../storable-text.ts';

/** A granted presigned upload. */
export interface UploadRequest {
  readonly objectKey: string;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly source: string;
  readonly esiid: string | null;
  readonly contentType: string | null;
  /** When the client got the file, by its own account. */
  readonly clientReceivedAt: Date | null;
  /** When the presigned URL expires. */
  readonly expiresAt: Date;
}

/** Records a requested upload, so that a missing one can be reported. A repeated request updates the same row. */
export async function recordUploadRequest(database: Database, request: UploadRequest): Promise<void> {
  const values = {
    object_key: request.objectKey,
    filename: storableText(request.filename),
    size_bytes: request.sizeBytes,
    sha256: request.sha256,
    source: request.source,
    esiid: request.esiid,
    content_type: request.contentType,
    client_received_at: request.clientReceivedAt,
    expires_at: request.expiresAt,
  };
  await database.kysely
    .insertInto('upload_requests')
    .values(values)
    .onConflict((conflict) =>
      conflict.column('object_key').doUpdateSet({
        ...values,
        requested_at: sql`now()`,
        request_count: sql`upload_requests.request_count + 1`,
      }),
    )
    .execute();
}
