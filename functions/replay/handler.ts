import { S3Client } from '@aws-sdk/client-s3';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import { normalizeSender } from '../../shared/aws/normalize-queue.ts';
import { noteReplay } from '../../shared/aws/s3-swept-bucket.ts';
import { sqsClient } from '../../shared/aws/sqs-client.ts';
import { requireEnvironment } from '../../shared/environment.ts';
import { adminRoute } from '../../shared/http/admin-route.ts';
import { validate } from '../../shared/http/validate.ts';
import { logger } from '../../shared/observability/logger.ts';
import { replay, waitForFiles } from '../../shared/raw-files/replay.ts';
import { replayQuery } from './replay-query.ts';

const s3 = new S3Client();
const sqs = sqsClient();

/** Puts files back on the normalize queue: by id, status, ESIID or source; `dryRun` only shows which. */
export const handler = adminRoute(async (event) => {
  const startedAtMs = Date.now();
  const query = validate(event.queryStringParameters ?? {}, replayQuery, '(query)');
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
  const answer = { ok: true, dryRun, filesQueued: dryRun ? 0 : files.length, files, ...nextAfter };
  if (wait === 0 || dryRun) return { status: 200, body: answer };
  const queued = files.map(({ id }) => id);
  const waitMs = startedAtMs + wait * 1000 - Date.now(); // of the half minute that API Gateway waits, not on top of it
  return { status: 200, body: { ...answer, ...(await waitForFiles(database, queued, waitMs)) } };
});
