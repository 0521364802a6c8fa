import { S3Client } from '@aws-sdk/client-s3';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import { presignDownload } from '../../shared/aws/presign-download.ts';
import { adminRoute } from '../../shared/http/admin-route.ts';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import { validate } from '../../shared/http/validate.ts';
import type { Database } from '../../shared/storage/database.ts';
import { existingRawFile, getRawFileDetail } from './detail.ts';
import { getRawFiles } from './list.ts';
import { rawFilePath } from './schemas.ts';

const s3 = new S3Client();

/** What operators ask of raw files: which there are, what became of one, and the original. */
export const handler = adminRoute(async (event) => {
  const database = await functionDatabase();
  switch (event.routeKey) {
    case 'GET /api/admin/smt/raw-files/{id}':
      return getRawFileDetail(database, idOf(event));
    case 'GET /api/admin/smt/raw-files/{id}/download':
      return getDownload(database, idOf(event));
    default:
      return getRawFiles(database, event);
  }
});

function idOf(event: APIGatewayProxyEventV2): string {
  return validate(event.pathParameters ?? {}, rawFilePath, '(path)').id;
}

async function getDownload(database: Database, id: string): Promise<ApiResponse> {
  const {
    bucket,
    object_key: objectKey,
    version_id: versionId,
    filename,
  } = await existingRawFile(database, id);
  const { url, expiresAt } = await presignDownload(s3, { bucket, objectKey, versionId, filename });
  return { status: 200, body: { ok: true, url, expires_at: expiresAt } };
}
