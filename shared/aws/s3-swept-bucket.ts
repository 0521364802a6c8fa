import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { checkpointKey, replayedKey } from '../raw-files/object-key.ts';
import { decodeKey } from '../raw-files/object-version.ts';
import { CursorRejectedError, type ListingPage, type SweptBucket } from '../sweep/ports.ts';
import { type ListingCursor, type SweepCheckpoint, sweepCheckpoint } from '../sweep/sweep-checkpoint.ts';

/** Records in the bucket, for the sweep, that files were replayed. */
export async function noteReplay(s3: S3Client, bucket: string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: replayedKey, Body: '' }));
}

/** The bucket as the sweep sees it. */
export class S3SweptBucket implements SweptBucket {
  private readonly s3: S3Client;
  private readonly bucket: string;

  constructor(s3: S3Client, bucket: string) {
    this.s3 = s3;
    this.bucket = bucket;
  }

  async list(cursor: ListingCursor | null, prefix?: string): Promise<ListingPage> {
    const page = await this.listPage(cursor, prefix);
    const versions = (page.Versions ?? []).map((version) => ({
      bucket: this.bucket,
      objectKey: decodeKey(version.Key ?? ''),
      versionId: version.VersionId ?? 'null',
      etag: version.ETag?.replaceAll('"', '') ?? null,
      sizeBytes: version.Size ?? 0,
      receivedAt: version.LastModified ?? new Date(0),
    }));
    const keyMarker = page.IsTruncated ? page.NextKeyMarker : undefined;
    const next = keyMarker
      ? { keyMarker: decodeKey(keyMarker), versionIdMarker: page.NextVersionIdMarker }
      : null;
    return { versions, next };
  }

  private async listPage(
    cursor: ListingCursor | null,
    prefix: string | undefined,
  ): Promise<ListObjectVersionsCommandOutput> {
    try {
      return await this.s3.send(
        new ListObjectVersionsCommand({
          Bucket: this.bucket,
          // XML cannot carry some characters that keys may have, and one such key would make the page unreadable.
          EncodingType: 'url',
          Prefix: prefix,
          KeyMarker: cursor?.keyMarker,
          VersionIdMarker: cursor?.versionIdMarker,
        }),
      );
    } catch (error) {
      // The cursor is the only part of this request that can be invalid.
      const isRejected = error instanceof S3ServiceException && error.$metadata.httpStatusCode === 400;
      throw cursor && isRejected ? new CursorRejectedError({ cause: error }) : error;
    }
  }

  async readCheckpoint(): Promise<SweepCheckpoint | null> {
    try {
      const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: checkpointKey }));
      const checkpoint = sweepCheckpoint.safeParse(JSON.parse((await Body?.transformToString()) ?? 'null'));
      return checkpoint.success ? checkpoint.data : null;
    } catch (error) {
      if (error instanceof NoSuchKey || error instanceof SyntaxError) return null;
      throw error;
    }
  }

  async writeCheckpoint(checkpoint: SweepCheckpoint): Promise<void> {
    await this.s3.send(
      new PutObjectCommand({
        Bucket: this.bucket,
        Key: checkpointKey,
        Body: JSON.stringify(checkpoint),
        ContentType: 'application/json',
      }),
    );
  }

  replayedAt(): Promise<Date | null> {
    return lastModified(this.s3, this.bucket, replayedKey);
  }
}

/** When the sweep last completed a run, which ends by writing its checkpoint; null if never. */
export function sweepCompletedAt(s3: S3Client, bucket: string): Promise<Date | null> {
  return lastModified(s3, bucket, checkpointKey);
}

async function lastModified(s3: S3Client, bucket: string, key: string): Promise<Date | null> {
  try {
    const { LastModified } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return LastModified ?? null;
  } catch (error) {
    if (error instanceof NotFound) return null;
    throw error;
  }
}
