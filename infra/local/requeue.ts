import {
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectVersion,
  S3Client,
} from '@aws-sdk/client-s3';
import type { S3EventRecord } from 'aws-lambda';
import { Client } from 'pg';
import { environmentNames } from '../../shared/environment.ts';
import { encodeNormalizeMessage } from '../../shared/raw-files/normalize-message.ts';
import { isRawFileKey } from '../../shared/raw-files/object-key.ts';
import type { S3Notifications } from './notifications.ts';
import { formEncodeKey } from './s3/encoding.ts';
import type { RunningServices } from './services.ts';

/**
 * Queues and events of the local run are in memory, so a stop loses them. This puts back on the way what it left
 * unfinished: rows not normalized get their message, objects without a row their event. The bucket is this run's alone
 * and the lock says that no other process works on it, so a lease on one of its rows is a dead worker's.
 */
export async function requeueUnfinished(
  services: RunningServices,
  notifications: S3Notifications,
): Promise<void> {
  const client = new Client({ connectionString: services.databaseUrl });
  await client.connect();
  try {
    for (const { name } of services.description.buckets) {
      await requeueRows(services, client, name);
      await announceUnregistered(services, client, name, notifications);
    }
  } finally {
    await client.end();
  }
}

async function requeueRows(services: RunningServices, client: Client, bucket: string): Promise<void> {
  const { description, queues } = services;
  const urlVariable = environmentNames.normalizeQueueUrl;
  const urls = description.functions.map(({ environment }) => environment[urlVariable]);
  const queue = description.queues.find(({ url }) => urls.includes(url));
  if (!queue) return;
  // A worker that a stop has killed says nothing about its file, so it does not count as lost.
  const endLeases = `UPDATE raw_files SET lease_expires_at = now(), lost_attempts = 0
    WHERE bucket = $1 AND status = 'normalizing' AND lease_expires_at > now()`;
  await client.query(endLeases, [bucket]);
  const unfinished = `SELECT id::text FROM raw_files
    WHERE bucket = $1 AND status IN ('registered', 'normalizing') ORDER BY id`;
  const { rows } = await client.query<{ id: string }>(unfinished, [bucket]);
  for (const { id } of rows) await queues.send(queue.arn, encodeNormalizeMessage(id));
}

async function announceUnregistered(
  { s3, local }: RunningServices,
  client: Client,
  bucket: string,
  notifications: S3Notifications,
): Promise<void> {
  const objects = new S3Client({
    endpoint: s3.url,
    region: local.region,
    credentials: local.credentials,
    forcePathStyle: true,
  });
  let marker: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (marker) {
    const page: ListObjectVersionsCommandOutput = await objects.send(
      new ListObjectVersionsCommand({ Bucket: bucket, ...marker }),
    );
    for (const version of await withoutRow(client, bucket, page.Versions ?? [])) {
      notifications.accept(eventOf(bucket, version, local.region));
    }
    marker = page.IsTruncated
      ? {
          ...(page.NextKeyMarker !== undefined && { KeyMarker: page.NextKeyMarker }),
          ...(page.NextVersionIdMarker !== undefined && { VersionIdMarker: page.NextVersionIdMarker }),
        }
      : undefined;
  }
  objects.destroy();
}

async function withoutRow(
  client: Client,
  bucket: string,
  versions: readonly ObjectVersion[],
): Promise<readonly ObjectVersion[]> {
  const ids = versions.map(({ VersionId }) => VersionId);
  const known = 'SELECT version_id FROM raw_files WHERE bucket = $1 AND version_id = ANY ($2)';
  const { rows } = await client.query<{ version_id: string }>(known, [bucket, ids]);
  const registered = new Set(rows.map(({ version_id }) => version_id));
  return versions.filter(
    ({ Key = '', Size = 0, VersionId = '' }) => isRawFileKey(Key, Size) && !registered.has(VersionId),
  );
}

function eventOf(bucket: string, version: ObjectVersion, region: string): S3EventRecord {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: region,
    eventTime: (version.LastModified ?? new Date()).toISOString(),
    eventName: 'ObjectCreated:Put',
    userIdentity: { principalId: 'LOCAL' },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: { 'x-amz-request-id': '', 'x-amz-id-2': '' },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'local',
      bucket: { name: bucket, ownerIdentity: { principalId: 'LOCAL' }, arn: `arn:aws:s3:::${bucket}` },
      object: {
        key: formEncodeKey(version.Key ?? ''),
        size: version.Size ?? 0,
        eTag: (version.ETag ?? '').replaceAll('"', ''),
        versionId: version.VersionId,
        sequencer: '0',
      },
    },
  };
}
