import { S3Client } from '@aws-sdk/client-s3';
import type { z } from 'zod';
import { deleteObjectVersions } from '../../shared/aws/delete-object-versions.ts';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import { requireEnvironment } from '../../shared/environment.ts';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import { serveRoutes } from '../../shared/http/serve-routes.ts';
import { logger } from '../../shared/observability/logger.ts';
import { deleteErasedObjects } from '../../shared/raw-files/delete-erased-objects.ts';
import { eraseEsiid, liftErasure } from '../../shared/storage/removals/erase-esiid.ts';
import { eraseRoutes } from './routes.ts';

const s3 = new S3Client();

/** How long one call deletes objects, within API Gateway's 30 seconds; the next call deletes the rest. */
const deletingMs = 18_000;

type ErasureRequest = z.output<(typeof eraseRoutes)['eraseEsiid']['body']>;

export const handler = serveRoutes(eraseRoutes, {
  eraseEsiid: ({ body }) => erase(body),
  liftErasure: async ({ body }) => {
    const lifted = await liftErasure(await functionDatabase(), body.esiid, requestOf(body));
    logger.warn('erasure lifted', { lifted, ...requestOf(body) });
    return { status: 200, body: { ok: true, lifted } };
  },
});

async function erase(body: ErasureRequest): Promise<ApiResponse> {
  const deadlineMs = Date.now() + deletingMs;
  const { rawBucket: bucket } = requireEnvironment('rawBucket');
  const database = await functionDatabase();
  const { rowsRemoved, sharedFiles } = await eraseEsiid(database, body.esiid, requestOf(body));
  const { deleted, pending } = await deleteErasedObjects(
    {
      database,
      bucket,
      deleteVersions: (versions) => deleteObjectVersions(s3, bucket, versions),
      hasTime: () => Date.now() < deadlineMs,
    },
    body.esiid,
  );
  // The ESIID itself stays out of the log, which is kept longer than what was erased.
  logger.warn('ESIID erased', {
    ...requestOf(body),
    rowsRemoved,
    deleted,
    pending,
    shared: sharedFiles.length,
  });
  return {
    status: 200,
    body: {
      ok: true,
      esiid: body.esiid,
      rows_removed: rowsRemoved,
      objects_deleted: deleted,
      objects_pending: pending,
      shared_files: sharedFiles.map(({ id, filename, objectKey, versionId, why }) => {
        return { id, filename, object_key: objectKey, version_id: versionId, why };
      }),
    },
  };
}

function requestOf({ requested_by: requestedBy, reason }: ErasureRequest) {
  return { requestedBy, reason };
}
