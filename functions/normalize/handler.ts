import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { Logger } from '@aws-lambda-powertools/logger';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { announcementPublisher } from '../../shared/aws/announcement-topic.ts';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import { delayMessage } from '../../shared/aws/normalize-queue.ts';
import { S3ObjectStore } from '../../shared/aws/s3-object-store.ts';
import { requireEnvironment } from '../../shared/environment.ts';
import { countOutcome } from '../../shared/observability/raw-file-metrics.ts';
import { announceOutcome } from '../../shared/raw-files/announce.ts';
import { decodeNormalizeMessage } from '../../shared/raw-files/normalize-message.ts';
import { normalizeRawFile } from '../../shared/raw-files/normalize-raw-file.ts';
import { logOutcome } from './log-outcome.ts';
import { openPgp } from './open-pgp.ts';
import { retryDelaySeconds } from './retry-delay.ts';
import { checkTimeLeft } from './time-left.ts';

const logger = new Logger();
const processor = new BatchProcessor(EventType.SQS);
const objects = new S3ObjectStore(new S3Client());
const sqs = new SQSClient();
const sns = new SNSClient();

/** Normalizes and announces the raw files of a batch, one after the other; a message that fails comes back alone, after a while. */
export const handler = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  logger.addContext(context);
  const { normalizeQueueUrl, announcementTopicArn, normalizeRetrySeconds } = requireEnvironment(
    'normalizeQueueUrl',
    'announcementTopicArn',
    'normalizeRetrySeconds',
  );
  const wholeMs = context.getRemainingTimeInMillis();
  const publish = announcementPublisher(sns, announcementTopicArn);
  const normalize = async (record: SQSRecord): Promise<void> => {
    const startedAtMs = Date.now();
    try {
      checkTimeLeft(context.getRemainingTimeInMillis(), wholeMs);
      const { rawFileId } = decodeNormalizeMessage(record.body);
      const request = {
        rawFileId,
        leaseMs: context.getRemainingTimeInMillis(),
        workerId: context.awsRequestId,
      };
      const database = await functionDatabase();
      const outcome = await normalizeRawFile({ database, objects, openPgp }, request);
      logOutcome(logger, rawFileId, outcome);
      countOutcome(rawFileId, outcome, startedAtMs);
      await announceOutcome(database, publish, rawFileId, outcome);
    } catch (error) {
      logger.warn('normalization will be tried again', { message: record.body, error: error as Error });
      const delaySeconds = retryDelaySeconds(record, error, Number(normalizeRetrySeconds));
      await delayMessage(sqs, normalizeQueueUrl, record.receiptHandle, delaySeconds);
      throw error;
    }
  };
  return processPartialResponse(event, normalize, processor, {
    context,
    processInParallel: false,
    throwOnFullBatchFailure: false,
  });
};
