import type { S3EventRecord } from 'aws-lambda';
import { formEncodeKey } from './encoding.ts';
import type { Bucket, ObjectVersion } from './model.ts';

/** How an object was created, as event names spell it. */
export type CreatedBy = 'Put' | 'CompleteMultipartUpload' | 'Copy';

interface EventContext {
  readonly region: string;
  readonly accessKeyId: string;
  readonly requestId: string;
  readonly sourceIpAddress: string;
  /** Default: now. */
  readonly eventTime?: Date;
}

/** The record of S3's notification: key form-encoded, ETag bare, sequencer growing with every change. */
export function createdEvent(
  by: CreatedBy,
  bucket: Pick<Bucket, 'name'>,
  version: Pick<ObjectVersion, 'key' | 'sizeBytes' | 'etag' | 'versionId' | 'sequence'>,
  context: EventContext,
): S3EventRecord {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: context.region,
    eventTime: (context.eventTime ?? new Date()).toISOString(),
    eventName: `ObjectCreated:${by}`,
    userIdentity: { principalId: `AWS:${context.accessKeyId}` },
    requestParameters: { sourceIPAddress: context.sourceIpAddress },
    responseElements: { 'x-amz-request-id': context.requestId, 'x-amz-id-2': context.requestId },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'local',
      bucket: {
        name: bucket.name,
        ownerIdentity: { principalId: 'LOCAL' },
        arn: `arn:aws:s3:::${bucket.name}`,
      },
      object: {
        key: formEncodeKey(version.key),
        size: version.sizeBytes,
        eTag: version.etag,
        versionId: version.versionId,
        sequencer: version.sequence.toString(16).toUpperCase().padStart(18, '0'),
      },
    },
  };
}
