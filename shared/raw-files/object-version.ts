import type { S3EventRecord } from 'aws-lambda';
import type { NotifiedVersion } from './object-store.ts';

/** The object version that a record of an S3 event names. @throws URIError for a key that is not encoded as S3 does */
export function objectVersionOf({ eventTime, s3: { bucket, object } }: S3EventRecord): NotifiedVersion {
  return {
    bucket: bucket.name,
    objectKey: decodeKey(object.key),
    versionId: object.versionId ?? 'null', // what S3 calls the version of an object from before versioning
    etag: object.eTag ?? null,
    sizeBytes: object.size ?? 0,
    receivedAt: new Date(eventTime),
  };
}

/** Keys in events, and in listings that ask for it, are form-encoded: `+` is a space, the rest percent-encoded. */
export function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}
