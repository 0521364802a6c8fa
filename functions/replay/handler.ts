import { S3Client } from '@aws-sdk/client-s3';
import type { z } from 'zod';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import { normalizeSender } from '../../shared/aws/normalize-queue.ts';
import { noteReplay } from '../../shared/aws/s3-swept-bucket.ts';
import { sqsClient } from '../../shared/aws/sqs-client.ts';
import { requireEnvironment } from '../../shared/environment.ts';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import { serveRoutes } from '../../shared/http/serve-routes.ts';
import { logger } from '../../shared/observability/logger.ts';
import { replay, waitForFiles } from '../../shared/raw-files/replay.ts';
import type { FileProgress } from '../../shared/storage/raw-files/read-progress.ts';
import type { ReplayedFile } from '../../shared/storage/raw-files/replay-raw-files.ts';
import type { replayQuery } from './replay-query.ts';
import { replayRoutes } from './routes.ts';

const s3 = new S3Client();
const sqs = sqsClient();

export const handler = serveRoutes(replayRoutes, { replayRawFiles: ({ query }) => replayRawFiles(query) });

/** Requeues files by id, status, ESIID or source; `dryRun` only lists them. */
async function replayRawFiles(query: z.output<typeof replayQuery>): Promise<ApiResponse> {
  const startedAtMs = Date.now();
  const { id: ids, statuses, esiid, source, after, limit, dryRun, wait } = query;
  const { normalizeQueueUrl, rawBucket: bucket } = requireEnvironment('normalizeQueueUrl', 'rawBucket');
  const database = await functionDatabase();
  const filter = { bucket, ids, statuses, esiid, source, after, limit, dryRun };
  const files = await replay(
    { database, wakeSweep: () => noteReplay(s3, bucket), queue: normalizeSender(sqs, normalizeQueueUrl) },
    filter,
  );
  logger.info('files replayed', {
    filesQueued: files.length,
    dryRun,
    statuses,
    esiids: esiid ? 1 : 0,
    source,
  });

  const nextAfter = files.length === limit ? { nextAfter: files.at(-1)?.id } : {};
  const body = { ok: true, dryRun, filesQueued: dryRun ? 0 : files.length, files, ...nextAfter };
  if (wait === 0 || dryRun) return { status: 200, body };
  const queued = files.map(({ id }) => id);
  const waitMs = startedAtMs + wait * 1000 - Date.now(); // counts toward API Gateway's 30 seconds
  return {
    status: 200,
    body: { ...body, ...withProgress(files, await waitForFiles(database, queued, waitMs)) },
  };
}

/** The files with their present state, and sums over those with a final status. */
function withProgress(files: readonly ReplayedFile[], progress: readonly FileProgress[]) {
  const byId = new Map(progress.map((file) => [file.id, file]));
  const finished = progress.filter(({ isFinished }) => isFinished);
  return {
    files: files.map((file) => {
      const { status, errorCode, errorMessage } = byId.get(file.id) ?? {};
      return { ...file, status, errorCode, errorMessage };
    }),
    filesProcessed: finished.length,
    intervalsInserted: finished.reduce((sum, { intervalsInserted }) => sum + intervalsInserted, 0),
  };
}
