import { DeleteObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { onTestFinished } from 'vitest';
import { startQueueServer } from '../../infra/local/queues.ts';
import { S3ObjectStore } from '../../shared/aws/s3-object-store.ts';
import { S3SweptBucket } from '../../shared/aws/s3-swept-bucket.ts';
import { sqsDeadLetterQueue } from '../../shared/aws/sqs-dead-letter-queue.ts';
import type { Announcement, Publish } from '../../shared/raw-files/announce.ts';
import type { NotifiedVersion } from '../../shared/raw-files/object-store.ts';
import { registerObject } from '../../shared/raw-files/register-object.ts';
import type { Database } from '../../shared/storage/database.ts';
import type { SweptBucket } from '../../shared/sweep/ports.ts';
import { sweep } from '../../shared/sweep/sweep.ts';
import { freshDatabase } from '../support/database.ts';
import { Bucket, clientOf, credentials, region, useS3 } from './local-s3-harness.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const graceMs = 10 * minuteMs;
export const waitingMs = 40 * minuteMs;

/** What a sweep reads to hash it. */
export const maxHashedBytes = 1024;

export interface SweepRun {
  /** How far the sweep's clock is ahead, which is how old a new object appears to it. */
  readonly afterMs?: number;
  /** Instead of the real bucket. */
  readonly bucket?: SweptBucket;
  readonly database?: () => Promise<Database>;
  readonly hasTime?: (work: 'objects' | 'dead-letters') => boolean;
  readonly publish?: Publish;
}

/** A real bucket, queue server and database, and a sweep over them whose clock the test sets. */
export async function useSweep(options: { lockTimeoutMs?: number } = {}) {
  const database = await freshDatabase(options);
  const { url } = await useS3();
  const s3 = clientOf({ url });
  const deadLetters = await useDeadLetterQueues();
  const objects = new S3ObjectStore(s3);
  const bucket = new S3SweptBucket(s3, Bucket);
  const queued: string[] = [];
  const announced: Announcement[] = [];
  const errors: string[] = [];
  const queue = async (rawFileIds: readonly string[]) => void queued.push(...rawFileIds);
  const register = async (version: NotifiedVersion) => {
    const row = await registerObject({ database, objects, queue, maxHashedBytes }, version);
    return row?.created ?? false;
  };
  const run = (options: SweepRun = {}) =>
    sweep(
      {
        bucketName: Bucket,
        bucket: options.bucket ?? bucket,
        normalizeDeadLetters: deadLetters.normalize.queue,
        registerFailures: deadLetters.register.queue,
        database: options.database ?? (async () => database),
        register,
        queue,
        publish: options.publish ?? (async (announcement) => void announced.push(announcement)),
        hasTime: options.hasTime ?? (() => true),
        onError: (what) => void errors.push(what),
        now: () => new Date(Date.now() + (options.afterMs ?? 0)),
      },
      { graceMs, waitingMs, expected: null },
    );
  return { database, s3, objects, bucket, deadLetters, queued, announced, errors, register, run };
}

export type SweepScene = Awaited<ReturnType<typeof useSweep>>;

/** Puts an object as if its event were lost: no notification is sent. */
export async function putObject(s3: S3Client, Key: string, Body = `content of ${Key}`): Promise<string> {
  const { VersionId = '' } = await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  return VersionId;
}

export async function deleteVersion(s3: S3Client, Key: string, VersionId: string): Promise<void> {
  await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
}

/** The columns of the rows that the tests here read. */
export async function filesOf({ database }: Pick<SweepScene, 'database'>) {
  return database.kysely
    .selectFrom('raw_files')
    .select(['id', 'object_key', 'status', 'error_code', 'sha256'])
    .orderBy('id')
    .execute();
}

async function useDeadLetterQueues() {
  const server = await startQueueServer(region);
  const sqs = new SQSClient({ endpoint: server.url, region, credentials });
  onTestFinished(async () => {
    sqs.destroy();
    await server.close();
  });
  const create = async (QueueName: string) => {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName }));
    return {
      queue: sqsDeadLetterQueue(sqs, QueueUrl),
      send: async (MessageBody: string) =>
        void (await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))),
      /** Number of messages in it, including those hidden by a receive. */
      count: async () => {
        const { Attributes } = await sqs.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
        );
        const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = Attributes ?? {};
        return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible);
      },
    };
  };
  return { normalize: await create('normalize-dead'), register: await create('register-failures') };
}
