import { S3Client } from '@aws-sdk/client-s3';
import { sql } from 'kysely';
import { S3SweptBucket } from '../../shared/aws/s3-swept-bucket.ts';
import { environmentNames } from '../../shared/environment.ts';
import { encodeNormalizeMessage } from '../../shared/raw-files/normalize-message.ts';
import { isRawFileKey } from '../../shared/raw-files/object-key.ts';
import type { NotifiedVersion } from '../../shared/raw-files/object-store.ts';
import { type Database, openDatabase } from '../../shared/storage/database.ts';
import { findUnregistered } from '../../shared/storage/raw-files/find-unregistered.ts';
import { hasStatus } from '../../shared/storage/raw-files/has-status.ts';
import { pendingStatuses } from '../../shared/storage/tables.ts';
import type { ListingCursor } from '../../shared/sweep/sweep-checkpoint.ts';
import type { S3Notifications } from './notifications.ts';
import { createdEvent } from './s3/events.ts';
import type { RunningServices } from './services.ts';

/**
 * Queues and events of the local run are in memory and lost when it stops. This requeues what was pending: rows without a
 * final status get their message, objects without a row their event. Unlike the sweep, it does not wait until something is
 * overdue: the bucket is this run's alone and the lock excludes other processes, so every lease is a dead worker's.
 */
export async function requeuePending(
  services: RunningServices,
  notifications: S3Notifications,
): Promise<void> {
  const database = openDatabase({
    connectionString: services.databaseUrl,
    maxConnections: 1,
    applicationName: 'smt-ingest requeue',
  });
  try {
    for (const { name } of services.description.buckets) {
      await requeueRows(services, database, name);
      await notifyUnregistered(services, database, { bucket: name, notifications });
    }
  } finally {
    await database.close();
  }
}

async function requeueRows(
  { description, queues }: RunningServices,
  { kysely }: Database,
  bucket: string,
): Promise<void> {
  const urlVariable = environmentNames.normalizeQueueUrl;
  const urls = description.functions.map(({ environment }) => environment[urlVariable]);
  const queue = description.queues.find(({ url }) => urls.includes(url));
  if (!queue) return;
  // The stop of the stack killed these workers, not their files: the attempts do not count as lost.
  await kysely
    .updateTable('raw_files')
    .set({ lease_expires_at: sql`now()`, lost_attempts: 0 })
    .where('bucket', '=', bucket)
    .where(hasStatus(['normalizing']))
    .where('lease_expires_at', '>', sql<Date>`now()`)
    .execute();
  const pending = await kysely
    .selectFrom('raw_files')
    .select('id')
    .where('bucket', '=', bucket)
    .where(hasStatus(pendingStatuses))
    .orderBy('id')
    .execute();
  for (const { id } of pending) await queues.send(queue.arn, encodeNormalizeMessage(id));
}

interface Notified {
  readonly bucket: string;
  readonly notifications: S3Notifications;
}

async function notifyUnregistered(
  { s3, local: { region, credentials } }: RunningServices,
  database: Database,
  { bucket, notifications }: Notified,
): Promise<void> {
  const client = new S3Client({ endpoint: s3.url, region, credentials, forcePathStyle: true });
  const objects = new S3SweptBucket(client, bucket);
  try {
    for (let cursor: ListingCursor | null = null; ; ) {
      const { versions, next } = await objects.list(cursor);
      const files = versions.filter(({ objectKey, sizeBytes }) => isRawFileKey(objectKey, sizeBytes));
      for (const version of await findUnregistered(database, files)) {
        notifications.accept(eventOf(version, { region, accessKeyId: credentials.accessKeyId }));
      }
      if (!next) return;
      cursor = next;
    }
  } finally {
    client.destroy();
  }
}

function eventOf(
  { bucket, objectKey, versionId, sizeBytes, etag, receivedAt }: NotifiedVersion,
  source: { readonly region: string; readonly accessKeyId: string },
) {
  const version = { key: objectKey, versionId, sizeBytes, etag: etag ?? '', sequence: 0 };
  const context = { ...source, requestId: '', sourceIpAddress: '127.0.0.1', eventTime: receivedAt };
  return createdEvent('Put', { name: bucket }, version, context);
}
