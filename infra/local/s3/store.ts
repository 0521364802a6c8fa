import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Blob, Blobs } from './blobs.ts';
import { S3Error } from './errors.ts';
import { Journal } from './journal.ts';
import type {
  Bucket,
  DeleteMarker,
  ObjectContent,
  ObjectProperties,
  ObjectVersion,
  Part,
  Upload,
  UploadState,
  Version,
  VersionOf,
} from './model.ts';
import { SortedKeys } from './sorted-keys.ts';

type Entry =
  | { type: 'bucket'; name: string; createdMs: number }
  | { type: 'version'; bucket: string; version: Version; uploadId?: string }
  | { type: 'remove'; bucket: string; key: string; versionId: string }
  | { type: 'upload'; upload: Upload }
  | { type: 'part'; uploadId: string; part: Part }
  | { type: 'abort'; uploadId: string };

/**
 * Buckets, versions and unfinished uploads: read from memory, persisted in a journal. Every change is one synchronous
 * step (check, rename, journal line, memory), so two requests can never both be first.
 */
export class Store {
  readonly blobs: Blobs;
  readonly buckets = new Map<string, Bucket>();
  readonly uploads = new Map<string, UploadState>();
  private readonly journal: Journal<Entry>;

  /** Opens the store under `dataDir` as the last process left it, and adds the buckets that are not there yet. */
  constructor(dataDir: string, bucketNames: readonly string[]) {
    mkdirSync(dataDir, { recursive: true });
    this.blobs = new Blobs(dataDir);
    const { journal, entries } = Journal.open<Entry>(join(dataDir, 'journal.jsonl'));
    this.journal = journal;
    for (const entry of entries) this.apply(entry);
    this.blobs.removeUnused(this.usedBlobs());
    for (const name of bucketNames) {
      if (!this.buckets.has(name)) this.record({ type: 'bucket', name, createdMs: wholeSecondMs() });
    }
  }

  close(): void {
    this.journal.close();
  }

  /** Throws `NoSuchBucket`. */
  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (bucket) return bucket;
    throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: name });
  }

  /** The version named, or the current one; a delete marker counts as one. */
  find(bucket: Bucket, key: string, versionId?: string): Version | undefined {
    const versions = bucket.versions.get(key);
    return versionId === undefined
      ? versions?.at(-1)
      : versions?.find((each) => each.versionId === versionId);
  }

  /**
   * Makes a new current version of received bytes, once `allowed` (called with the current version, in the same step)
   * does not throw. `received` are names from `Blobs.receive`; they no longer exist afterwards, whether kept or not.
   */
  addVersion(
    bucket: Bucket,
    key: string,
    object: ObjectProperties & ObjectContent,
    received: readonly string[],
    allowed: (current: Version | undefined) => void = () => undefined,
    uploadId?: string,
  ): ObjectVersion {
    try {
      allowed(this.find(bucket, key));
    } catch (error) {
      for (const name of received) this.blobs.discard(name);
      throw error;
    }
    for (const name of received) this.blobs.keep(name);
    const version: ObjectVersion = { ...object, ...this.nextVersion(key), deleteMarker: false };
    this.record({
      type: 'version',
      bucket: bucket.name,
      version,
      ...(uploadId !== undefined && { uploadId }),
    });
    return version;
  }

  addDeleteMarker(bucket: Bucket, key: string): DeleteMarker {
    const version: DeleteMarker = { ...this.nextVersion(key), deleteMarker: true };
    this.record({ type: 'version', bucket: bucket.name, version });
    return version;
  }

  /** Removes one version permanently; returns it, or undefined when there is none. */
  removeVersion(bucket: Bucket, key: string, versionId: string): Version | undefined {
    const version = this.find(bucket, key, versionId);
    if (version) this.record({ type: 'remove', bucket: bucket.name, key, versionId });
    return version;
  }

  addUpload(upload: Omit<Upload, 'uploadId' | 'initiatedMs'>): Upload {
    const added = { ...upload, uploadId: newId(48), initiatedMs: wholeSecondMs() };
    this.record({ type: 'upload', upload: added });
    return added;
  }

  /** The unfinished upload. Throws `NoSuchUpload`. */
  upload(bucket: Bucket, key: string, uploadId: string): UploadState {
    const state = this.uploads.get(uploadId);
    if (state && state.upload.bucket === bucket.name && state.upload.key === key) return state;
    const message =
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.';
    throw new S3Error(404, 'NoSuchUpload', message, { UploadId: uploadId });
  }

  /** Adds or replaces a part of received bytes. */
  addPart(upload: Upload, part: Omit<Part, 'lastModifiedMs'>, received: string): Part {
    if (!this.uploads.has(upload.uploadId)) this.blobs.discard(received);
    this.upload(this.bucket(upload.bucket), upload.key, upload.uploadId);
    this.blobs.keep(received);
    const added = { ...part, lastModifiedMs: wholeSecondMs() };
    this.record({ type: 'part', uploadId: upload.uploadId, part: added });
    return added;
  }

  abortUpload(upload: Upload): void {
    this.record({ type: 'abort', uploadId: upload.uploadId });
  }

  private nextVersion(key: string): VersionOf {
    return { key, versionId: newId(24), lastModifiedMs: wholeSecondMs(), sequence: this.journal.length + 1 };
  }

  private record(entry: Entry): void {
    this.journal.append(entry);
    for (const blob of this.apply(entry)) this.blobs.remove(blob);
  }

  /** Applies a journal line to memory; returns the blobs that are no longer referenced. */
  private apply(entry: Entry): readonly Blob[] {
    switch (entry.type) {
      case 'bucket': {
        const { name, createdMs } = entry;
        this.buckets.set(name, { name, createdMs, keys: new SortedKeys(), versions: new Map() });
        return [];
      }
      case 'version': {
        const bucket = this.bucket(entry.bucket);
        const { key } = entry.version;
        const versions = bucket.versions.get(key);
        if (versions) versions.push(entry.version);
        else bucket.versions.set(key, [entry.version]);
        bucket.keys.add(key);
        return entry.uploadId === undefined ? [] : this.dropUpload(entry.uploadId, entry.version);
      }
      case 'remove':
        return this.dropVersion(this.bucket(entry.bucket), entry.key, entry.versionId);
      case 'upload':
        this.uploads.set(entry.upload.uploadId, { upload: entry.upload, parts: new Map() });
        return [];
      case 'part': {
        const { parts } = this.uploads.get(entry.uploadId) ?? { parts: new Map<number, Part>() };
        const replaced = parts.get(entry.part.partNumber);
        parts.set(entry.part.partNumber, entry.part);
        return replaced?.blobs ?? [];
      }
      case 'abort':
        return this.dropUpload(entry.uploadId);
    }
  }

  private dropVersion(bucket: Bucket, key: string, versionId: string): readonly Blob[] {
    const versions = bucket.versions.get(key) ?? [];
    const left = versions.filter((each) => each.versionId !== versionId);
    if (left.length > 0) bucket.versions.set(key, left);
    else {
      bucket.versions.delete(key);
      bucket.keys.remove(key);
    }
    const dropped = versions.find((each) => each.versionId === versionId);
    return dropped && !dropped.deleteMarker ? dropped.blobs : [];
  }

  private dropUpload(uploadId: string, became?: Version): readonly Blob[] {
    const parts = [...(this.uploads.get(uploadId)?.parts.values() ?? [])];
    this.uploads.delete(uploadId);
    const used = new Set(became && !became.deleteMarker ? became.blobs.map((blob) => blob.name) : []);
    return parts.flatMap((part) => part.blobs).filter((blob) => !used.has(blob.name));
  }

  private usedBlobs(): Set<string> {
    const used = new Set<string>();
    const add = (blobs: readonly Blob[]) => {
      for (const blob of blobs) used.add(blob.name);
    };
    for (const bucket of this.buckets.values()) {
      for (const version of [...bucket.versions.values()].flat())
        if (!version.deleteMarker) add(version.blobs);
    }
    for (const { parts } of this.uploads.values()) for (const part of parts.values()) add(part.blobs);
    return used;
  }
}

function wholeSecondMs(): number {
  return Math.floor(Date.now() / 1000) * 1000;
}

/** A random id of letters, digits, `.` and `_`: a leading `-` would look like an option on a command line. */
function newId(sizeBytes: number): string {
  return randomBytes(sizeBytes).toString('base64url').replaceAll('-', '.');
}
