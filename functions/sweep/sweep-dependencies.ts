import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import type { Context } from 'aws-lambda';
import { announcementPublisher } from '../../shared/aws/announcement-topic.ts';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import { normalizeSender } from '../../shared/aws/normalize-queue.ts';
import { S3ObjectStore } from '../../shared/aws/s3-object-store.ts';
import { S3SweptBucket } from '../../shared/aws/s3-swept-bucket.ts';
import { sqsClient } from '../../shared/aws/sqs-client.ts';
import { sqsDeadLetterQueue } from '../../shared/aws/sqs-dead-letter-queue.ts';
import { requireEnvironment } from '../../shared/environment.ts';
import { logger } from '../../shared/observability/logger.ts';
import { countRegistration } from '../../shared/observability/raw-file-metrics.ts';
import type { NotifiedVersion } from '../../shared/raw-files/object-store.ts';
import { registerObject } from '../../shared/raw-files/register-object.ts';
import type { SweepDependencies } from '../../shared/sweep/sweep.ts';

const s3 = new S3Client();
const sqs = sqsClient();
const sns = new SNSClient();
const objects = new S3ObjectStore(s3);

/** Maximum size of an object that a sweep hashes: larger ones take too long. */
const maxHashedBytes = 2 * 1024 ** 3;
/** Part of a run's time that is reserved for the steps after this one. */
const reservedShare = { objects: 0.5, 'dead-letters': 0.4 };
/** Timeouts of one statement: a run has four minutes, so a blocked statement must not use them up. */
const statementTimeouts = { lockTimeoutMs: 5_000, statementTimeoutMs: 20_000 };

const sweepDatabase = () => functionDatabase(statementTimeouts);

/** What a sweep of the function's bucket needs; its time is that of the invocation that begins now. */
export function sweepDependencies(context: Context): SweepDependencies {
  const environment = requireEnvironment(
    ...(['rawBucket', 'normalizeQueueUrl', 'normalizeDeadLetterQueueUrl'] as const),
    ...(['registerFailureQueueUrl', 'announcementTopicArn'] as const),
  );
  const queue = normalizeSender(sqs, environment.normalizeQueueUrl);
  const register = async (version: NotifiedVersion): Promise<boolean> => {
    const database = await sweepDatabase();
    const row = await registerObject({ database, objects, queue, maxHashedBytes }, version);
    logger.warn('object registered by the sweep', { objectKey: version.objectKey, ...row });
    if (row) countRegistration(row);
    return row?.created ?? false;
  };
  const wholeMs = context.getRemainingTimeInMillis();
  return {
    bucketName: environment.rawBucket,
    bucket: new S3SweptBucket(s3, environment.rawBucket),
    normalizeDeadLetters: sqsDeadLetterQueue(sqs, environment.normalizeDeadLetterQueueUrl),
    registerFailures: sqsDeadLetterQueue(sqs, environment.registerFailureQueueUrl),
    database: sweepDatabase,
    register,
    queue,
    publish: announcementPublisher(sns, environment.announcementTopicArn),
    hasTime: (work) => context.getRemainingTimeInMillis() > wholeMs * reservedShare[work],
    onError: (what, details, error) => logger.error(what, { ...details, error: error as Error }),
    now: () => new Date(),
  };
}
