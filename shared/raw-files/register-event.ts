import type { S3Event } from 'aws-lambda';
import { ForeignBucketError } from './foreign-bucket-error.ts';
import type { NotifiedVersion } from './object-store.ts';
import { objectVersionOf } from './object-version.ts';

/**
 * Registers each object version that an S3 event names. One that fails does not stop the others.
 * @param bucket this stack's; versions of another are rejected
 * @throws ForeignBucketError, or what `register` throws: the first failure, after all versions were tried
 */
export async function registerEvent(
  event: S3Event,
  bucket: string,
  register: (version: NotifiedVersion) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = [];
  // S3 also sends a test event, which has no records.
  for (const record of event.Records ?? []) {
    try {
      const version = objectVersionOf(record);
      if (version.bucket !== bucket)
        throw new ForeignBucketError(`The object ${version.objectKey}`, version.bucket, bucket);
      await register(version);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
