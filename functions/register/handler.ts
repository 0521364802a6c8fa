import { Logger } from '@aws-lambda-powertools/logger';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, S3Event } from 'aws-lambda';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import { normalizeSender } from '../../shared/aws/normalize-queue.ts';
import { S3ObjectStore } from '../../shared/aws/s3-object-store.ts';
import { requireEnvironment } from '../../shared/environment.ts';
import { countRegistration } from '../../shared/observability/raw-file-metrics.ts';
import { registerObject } from '../../shared/raw-files/register-object.ts';
import { objectVersionsOf } from './object-versions.ts';

const logger = new Logger();
const objects = new S3ObjectStore(new S3Client());
const sqs = new SQSClient();

/** Gives each object version that S3 announces its row, and puts it on the normalize queue. S3 retries what throws. */
export const handler = async (event: S3Event, context: Context): Promise<void> => {
  logger.addContext(context);
  const { normalizeQueueUrl } = requireEnvironment('normalizeQueueUrl');
  const database = await functionDatabase();
  const queue = normalizeSender(sqs, normalizeQueueUrl);
  for (const version of objectVersionsOf(event)) {
    const { objectKey } = version;
    const row = await registerObject({ database, objects, queue }, version);
    if (!row) {
      logger.info('not a raw file', { objectKey });
      continue;
    }
    const { id: rawFileId, status, source, sizeBytes, created } = row;
    logger.info('raw file registered', { rawFileId, objectKey, status, source, sizeBytes, created });
    countRegistration(row);
  }
};
