import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import type { Context, SQSRecord } from 'aws-lambda';
import { announcementPublisher } from '../../shared/aws/announcement-topic.ts';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import { delayMessage } from '../../shared/aws/normalize-queue.ts';
import { S3ObjectStore } from '../../shared/aws/s3-object-store.ts';
import { sqsClient } from '../../shared/aws/sqs-client.ts';
import { requireEnvironment } from '../../shared/environment.ts';
import { logger } from '../../shared/observability/logger.ts';
import { countAudit, countOutcome } from '../../shared/observability/raw-file-metrics.ts';
import { announceOutcome } from '../../shared/raw-files/announce.ts';
import { decodeNormalizeMessage } from '../../shared/raw-files/normalize-message.ts';
import { normalizeRawFile } from '../../shared/raw-files/normalize-raw-file.ts';
import { archiveLimits } from './archive-limits.ts';
import { logOutcome } from './log-outcome.ts';
import { openPgp } from './open-pgp.ts';
import { retryDelaySeconds } from './retry-delay.ts';
import { checkTimeLeft } from './time-left.ts';

const objects = new S3ObjectStore(new S3Client());
const sqs = sqsClient();
const sns = new SNSClient();

/**
 * Normalizes and announces the raw file that a message names.
 * @param wholeMs what the invocation had when its batch began
 * @throws the cause of a failure, after the message's visibility timeout is set for the retry
 */
export async function processRecord(record: SQSRecord, context: Context, wholeMs: number): Promise<void> {
  const startedAtMs = Date.now();
  const { announcementTopicArn, rawBucket } = requireEnvironment('announcementTopicArn', 'rawBucket');
  try {
    const leaseMs = context.getRemainingTimeInMillis();
    checkTimeLeft(leaseMs, wholeMs);
    const { rawFileId } = decodeNormalizeMessage(record.body);
    const database = await functionDatabase();
    const dependencies = { database, objects, openPgp, archiveLimits: archiveLimits() };
    const request = { rawFileId, bucket: rawBucket, leaseMs, workerId: context.awsRequestId };
    const outcome = await normalizeRawFile(dependencies, request);
    logOutcome(logger, rawFileId, outcome);
    countOutcome(rawFileId, outcome, startedAtMs);
    const publish = announcementPublisher(sns, announcementTopicArn);
    const audit = await announceOutcome(database, publish, rawFileId, outcome);
    if (audit) countAudit(rawFileId, audit);
  } catch (error) {
    logger.warn('normalization will be retried', {
      message: record.body.slice(0, 500),
      error: error as Error,
    });
    await tryLater(record, error);
    throw error;
  }
}

async function tryLater(record: SQSRecord, error: unknown): Promise<void> {
  const environment = requireEnvironment('normalizeQueueUrl', 'normalizeRetrySeconds');
  const delaySeconds = retryDelaySeconds(record, error, Number(environment.normalizeRetrySeconds));
  await delayMessage(sqs, environment.normalizeQueueUrl, record.receiptHandle, delaySeconds);
}
