import { S3Client } from '@aws-sdk/client-s3';
import type { Context, S3Event } from 'aws-lambda';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import { normalizeSender } from '../../shared/aws/normalize-queue.ts';
import { S3ObjectStore } from '../../shared/aws/s3-object-store.ts';
import { sqsClient } from '../../shared/aws/sqs-client.ts';
import { requireEnvironment } from '../../shared/environment.ts';
import { logger } from '../../shared/observability/logger.ts';
import { countRegistration } from '../../shared/observability/raw-file-metrics.ts';
import { registerEvent } from '../../shared/raw-files/register-event.ts';
import { registerObject } from '../../shared/raw-files/register-object.ts';

const objects = new S3ObjectStore(new S3Client());
const sqs = sqsClient();

/** Registers each object version of an S3 event notification and sends it to the normalize queue. S3 retries when this throws. */
export const handler = async (event: S3Event, context: Context): Promise<void> => {
  logger.addContext(context);
  const { normalizeQueueUrl, rawBucket } = requireEnvironment('normalizeQueueUrl', 'rawBucket');
  const database = await functionDatabase();
  const queue = normalizeSender(sqs, normalizeQueueUrl);
  await registerEvent(event, rawBucket, async (version) => {
    const { objectKey } = version;
    const row = await registerObject({ database, objects, queue }, version);
    if (!row) {
      logger.info('not a raw file', { objectKey });
      return;
    }
    logger.info('raw file registered', { objectKey, ...row });
    countRegistration(row);
  });
};
