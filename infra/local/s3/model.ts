import type { Blob } from './blobs.ts';
import type { ChecksumAlgorithm, Checksums } from './checksums.ts';
import type { SortedKeys } from './sorted-keys.ts';

/** An object's metadata, as the client sent it. */
export interface ObjectProperties {
  /** Content-Type, Cache-Control and the like, by lower-case name. */
  readonly headers: Record<string, string>;
  /** User metadata by name, without `x-amz-meta-`. */
  readonly metadata: Record<string, string>;
}

/** The bytes of an object, with size and checksums. */
export interface ObjectContent {
  /** Without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  /** More than one when uploaded in parts; laid end to end they are the object. */
  readonly blobs: readonly Blob[];
  readonly checksums: Checksums;
  readonly checksumType: 'FULL_OBJECT' | 'COMPOSITE';
}

export interface VersionOf {
  readonly key: string;
  readonly versionId: string;
  /** Milliseconds since 1970, a whole second: S3 reports no finer time in its headers. */
  readonly lastModifiedMs: number;
  /** Position in the journal: grows with every change of any object. */
  readonly sequence: number;
}

export interface ObjectVersion extends VersionOf, ObjectProperties, ObjectContent {
  readonly deleteMarker: false;
}

export interface DeleteMarker extends VersionOf {
  readonly deleteMarker: true;
}

export type Version = ObjectVersion | DeleteMarker;

export interface Part extends ObjectContent {
  readonly partNumber: number;
  readonly lastModifiedMs: number;
}

export interface Upload {
  readonly uploadId: string;
  readonly bucket: string;
  readonly key: string;
  readonly initiatedMs: number;
  readonly properties: ObjectProperties;
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
  readonly checksumType: 'FULL_OBJECT' | 'COMPOSITE';
}

export interface UploadState {
  readonly upload: Upload;
  readonly parts: Map<number, Part>;
}

export interface Bucket {
  readonly name: string;
  readonly createdMs: number;
  readonly keys: SortedKeys;
  /** Versions by key, oldest first; the last one is current. */
  readonly versions: Map<string, Version[]>;
}
