import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { ByteSource } from '../archive/byte-source.ts';
import {
  ObjectDeletedError,
  type ObjectMetadata,
  type ObjectStore,
  type ObjectVersion,
} from '../raw-files/object-store.ts';

/** S3's errors for a version that no longer exists; the last is the one for a delete marker. NoSuchBucket is not one of them. */
const deletedErrors = new Set(['NoSuchKey', 'NoSuchVersion', 'MethodNotAllowed']);

function asGone(version: ObjectVersion, error: unknown): unknown {
  const isDeleted = error instanceof S3ServiceException && deletedErrors.has(error.name);
  return isDeleted ? new ObjectDeletedError(version, { cause: error }) : error;
}

function isUnnamed(error: unknown): boolean {
  return error instanceof S3ServiceException && [404, 405].includes(error.$metadata.httpStatusCode ?? 0);
}

/** The object store on S3. */
export class S3ObjectStore implements ObjectStore {
  private readonly s3: S3Client;

  constructor(s3: S3Client) {
    this.s3 = s3;
  }

  async metadata(version: ObjectVersion): Promise<ObjectMetadata> {
    try {
      const head = await this.s3.send(new HeadObjectCommand({ ...input(version), ChecksumMode: 'ENABLED' }));
      const isFull = head.ChecksumType === 'FULL_OBJECT' && head.ChecksumSHA256;
      return {
        etag: (head.ETag ?? '').replaceAll('"', ''),
        sizeBytes: head.ContentLength ?? 0,
        contentType: head.ContentType ?? null,
        sha256: isFull ? Buffer.from(isFull, 'base64').toString('hex') : null,
        receivedAt: head.LastModified ?? new Date(),
      };
    } catch (error) {
      // The response to HEAD has no body, and so does not name its error: a 404 may be that of the bucket.
      if (isUnnamed(error)) for await (const _ of this.read(version, 'bytes=0-0')) break;
      throw error;
    }
  }

  async sha256(version: ObjectVersion): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of this.read(version)) hash.update(chunk);
    return hash.digest('hex');
  }

  source(version: ObjectVersion, sizeBytes: number): ByteSource {
    return {
      sizeBytes,
      stream: (startByte, endByte) => {
        if (endByte <= startByte) return Readable.from([]);
        const isWhole = startByte === 0 && endByte === sizeBytes;
        const range = isWhole ? undefined : `bytes=${startByte}-${endByte - 1}`;
        return Readable.from(this.read(version, range), { objectMode: false });
      },
    };
  }

  private async *read(version: ObjectVersion, range?: string): AsyncGenerator<Buffer> {
    try {
      const { Body } = await this.s3.send(new GetObjectCommand({ ...input(version), Range: range }));
      if (Body) yield* Body as Readable;
    } catch (error) {
      throw asGone(version, error);
    }
  }
}

function input({ bucket, objectKey, versionId }: ObjectVersion) {
  return { Bucket: bucket, Key: objectKey, VersionId: versionId };
}
