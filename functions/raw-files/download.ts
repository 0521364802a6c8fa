import type { S3Client } from '@aws-sdk/client-s3';
import { presignDownload } from '../../shared/aws/presign-download.ts';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import type { Database } from '../../shared/storage/database.ts';
import { existingRawFile } from './detail.ts';

/** GET /api/admin/smt/raw-files/{id}/download: a presigned URL of the original. @throws HttpError 404 */
export async function getDownload(database: Database, s3: S3Client, id: string): Promise<ApiResponse> {
  const file = await existingRawFile(database, id);
  const { bucket, object_key: objectKey, version_id: versionId, filename } = file;
  const { url, expiresAt } = await presignDownload(s3, { bucket, objectKey, versionId, filename });
  return { status: 200, body: { ok: true, url, expires_at: expiresAt } };
}
