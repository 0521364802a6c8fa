import { S3Client } from '@aws-sdk/client-s3';
import type { z } from 'zod';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import { presignUpload } from '../../shared/aws/presign-upload.ts';
import { requireEnvironment } from '../../shared/environment.ts';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import { serveRoutes } from '../../shared/http/serve-routes.ts';
import { logger } from '../../shared/observability/logger.ts';
import { uploadKeyOf } from '../../shared/raw-files/object-key.ts';
import { findStoredContent } from '../../shared/storage/raw-files/find-stored-content.ts';
import { recordSyncRun } from '../../shared/storage/sync-runs/record-sync-run.ts';
import { recordUploadRequest } from '../../shared/storage/upload-requests/record-upload-request.ts';
import { rawUploadRoutes } from './routes.ts';
import type { syncRunReport } from './sync-run-report.ts';
import { checkSize, type uploadRequest } from './upload-request.ts';

/** Only signs, never sends. Uploads go to the standard host wherever this function runs: the pages' CSP allows only that one. */
const s3 = new S3Client({ requestChecksumCalculation: 'WHEN_REQUIRED', useDualstackEndpoint: false });

export const handler = serveRoutes(rawUploadRoutes, {
  requestUpload: ({ body }) => requestUpload(body),
  reportSyncRun: ({ body }) => reportSyncRun(body),
});

/** Grants one upload: a presigned PUT for exactly these bytes, unless they are stored already. @throws HttpError 413 */
async function requestUpload(request: z.output<typeof uploadRequest>): Promise<ApiResponse> {
  checkSize(request.size_bytes);
  const {
    filename,
    sha256,
    source,
    size_bytes: sizeBytes,
    content_type: contentType,
    dry_run: isDryRun,
  } = request;
  const esiid = request.esiid ?? null;
  const database = await functionDatabase();

  const { rawBucket } = requireEnvironment('rawBucket');
  const stored = await findStoredContent(database, { bucket: rawBucket, sha256, esiid });
  if (stored && !isDryRun) {
    logger.info('upload not needed', { rawFileId: stored.id, source });
    return { status: 200, body: { ok: true, duplicate: true, ...stored } };
  }
  const objectKey = uploadKeyOf({ requestedAt: new Date(), source, esiid, sha256, filename });
  const upload = await presignUpload(s3, { bucket: rawBucket, objectKey, sizeBytes, sha256, contentType });
  if (isDryRun) {
    return { status: 200, body: { ok: true, dry_run: true, upload_origin: new URL(upload.url).origin } };
  }
  const clientReceivedAt = request.received_at ?? null;
  const { expiresAt, ...put } = upload;
  await recordUploadRequest(database, {
    objectKey,
    filename,
    sizeBytes,
    sha256,
    source,
    esiid,
    contentType,
    clientReceivedAt,
    expiresAt,
  });
  logger.info('upload granted', { objectKey, source, sizeBytes });
  const granted = { ...put, expires_at: expiresAt.toISOString() };
  return { status: 200, body: { ok: true, upload: granted, object_key: objectKey } };
}

async function reportSyncRun(report: z.output<typeof syncRunReport>): Promise<ApiResponse> {
  await recordSyncRun(await functionDatabase(), {
    source: report.source,
    errorCode: report.error_code,
    filesListed: report.files_listed,
    filesDelivered: report.files_delivered,
    filesDuplicate: report.files_duplicate,
    filesWaiting: report.files_waiting,
    filesFailed: report.files_failed,
    fileErrorCode: report.file_error_code,
    newestModifiedAt: report.newest_modified_at,
  });
  logger.info('sync run reported', { ...report });
  return { status: 200, body: { ok: true } };
}
