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

/** S3's responses for a version that no longer exists; 405 is the one for a delete marker. */
const deletedStatuses = new Set([404, 405]);

function asGone(version: ObjectVersion, error: unknown): unknown {
  const isDeleted =
    error instanceof S3ServiceException && deletedStatuses.has(error.$metadata.httpStatusCode ?? 0);
  return isDeleted ? new ObjectDeletedError(version, { cause: error }) : error;
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
      throw asGone(version, error);
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
