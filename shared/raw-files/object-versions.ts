import type { S3Event } from 'aws-lambda';
import type { NotifiedVersion } from './object-store.ts';

/** The object versions an S3 event names. S3 also sends a test event, which has no records. */
export function objectVersionsOf(event: S3Event): NotifiedVersion[] {
  return (event.Records ?? []).map(({ eventTime, s3: { bucket, object } }) => ({
    bucket: bucket.name,
    objectKey: decodeKey(object.key),
    versionId: object.versionId ?? 'null', // what S3 calls the version of an object from before versioning
    etag: object.eTag ?? null,
    sizeBytes: object.size ?? 0,
    receivedAt: new Date(eventTime),
  }));
}

/** Keys in events are form-encoded: `+` is a space, the rest percent-encoded. */
function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}
