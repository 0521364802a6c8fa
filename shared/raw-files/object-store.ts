import type { ByteSource } from '../archive/byte-source.ts';

/** One version of one object. */
export interface ObjectVersion {
  readonly bucket: string;
  readonly objectKey: string;
  readonly versionId: string;
}

/** An object version as an event or a listing describes it, in case it is deleted before it is read. */
export interface NotifiedVersion extends ObjectVersion {
  readonly etag: string | null;
  readonly sizeBytes: number;
  readonly receivedAt: Date;
}

export interface ObjectMetadata {
  readonly etag: string;
  readonly sizeBytes: number;
  readonly contentType: string | null;
  /** Hex SHA-256 of the bytes if the store knows it: for a single PUT with a checksum. */
  readonly sha256: string | null;
  /** The store's LastModified. */
  readonly receivedAt: Date;
}

/** What the pipeline needs of S3. */
export interface ObjectStore {
  /** @throws ObjectDeletedError */
  metadata(version: ObjectVersion): Promise<ObjectMetadata>;
  /** Reads the object once to hash it. @throws ObjectDeletedError */
  sha256(version: ObjectVersion): Promise<string>;
  /** The object's bytes; reading fails with ObjectDeletedError if the version is deleted. */
  source(version: ObjectVersion, sizeBytes: number): ByteSource;
}

/** The object version no longer exists: it was deleted before it was read. */
export class ObjectDeletedError extends Error {
  readonly code = 'object-deleted';
  constructor({ bucket, objectKey, versionId }: ObjectVersion, options?: ErrorOptions) {
    super(
      `Version ${versionId} of ${bucket}/${objectKey} was deleted before it was read. Upload the file again.`,
      options,
    );
    this.name = 'ObjectDeletedError';
  }
}
