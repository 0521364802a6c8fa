import { maxSizeBytes } from '../../../raw-upload/max-size.ts';
import { callApi } from '../lib/api.ts';
import { formatBytes } from '../lib/format.ts';
import { isPending, type ListedRawFile, replayRawFile, type Status, usageUrlOf } from '../lib/raw-files.ts';
import { hashFile } from './hash-file.ts';
import { type GrantedUpload, putFile } from './put-file.ts';
import { confirmStored, findFile, trackFile } from './track-file.ts';

/** Progress of an upload. Bytes can be lost before `delivered` only. */
export type UploadStep =
  | { readonly kind: 'hashing'; readonly doneBytes: number }
  | { readonly kind: 'requesting' }
  | { readonly kind: 'sending'; readonly doneBytes: number }
  | { readonly kind: 'confirming' }
  | { readonly kind: 'delivered' }
  | { readonly kind: 'stored'; readonly file: StoredFile; readonly usageUrl: string | null }
  | { readonly kind: 'replaying' }
  | { readonly kind: 'tracked'; readonly file: ListedRawFile };

/** A file that was stored before, with the bytes of the one that was to be uploaded. */
export interface StoredFile {
  readonly id: string;
  readonly status: Status;
  readonly sha256: string;
}

/** The file is larger than one upload. */
class TooLargeError extends Error {
  constructor(sizeBytes: number) {
    super(
      `The file has ${formatBytes(sizeBytes)}; one upload can have ${formatBytes(maxSizeBytes)}. Compress it (a CSV ` +
        'shrinks to about a twentieth), split it, or upload it to the bucket with the S3 console.',
    );
    this.name = 'TooLargeError';
  }
}

type Grant =
  | { readonly duplicate: true; readonly id: string; readonly status: Status }
  | { readonly duplicate?: undefined; readonly upload: GrantedUpload; readonly object_key: string };

/** A file to upload. Its hash is kept, so that another attempt does not compute it again. */
export interface Upload {
  readonly file: File;
  /** For files without an ESIID column. */
  readonly esiid: string | undefined;
  readonly signal: AbortSignal;
  sha256?: string;
}

type OnStep = (step: UploadStep) => void;

/**
 * Uploads one file: hash, upload URL, upload, and then polls its status until it is final.
 * @throws what any step throws; starting over is safe
 */
export async function uploadFile(upload: Upload, onStep: OnStep): Promise<void> {
  const { file, signal } = upload;
  if (file.size > maxSizeBytes) throw new TooLargeError(file.size);
  upload.sha256 ??= await hash(upload, onStep);
  const { sha256 } = upload;
  onStep({ kind: 'requesting' });
  const grant = await requestUpload(upload, sha256);
  if (grant.duplicate) {
    const stored = { id: grant.id, status: grant.status, sha256 };
    const row = isPending(stored.status) ? undefined : await findFile(sha256, ({ id }) => id === stored.id);
    onStep({ kind: 'stored', file: stored, usageUrl: row ? usageUrlOf(row) : null });
    if (isPending(stored.status)) await trackStored(stored, onStep);
    return;
  }
  onStep({ kind: 'sending', doneBytes: 0 });
  const onProgress = (doneBytes: number) => onStep({ kind: 'sending', doneBytes });
  const outcome = await putFile(file, grant.upload, { onProgress, signal });
  if (outcome === 'key-taken') {
    onStep({ kind: 'confirming' });
    await confirmStored({ sha256, objectKey: grant.object_key }, signal);
  }
  onStep({ kind: 'delivered' });
  await trackFile(
    sha256,
    (row) => row.object_key === grant.object_key,
    (row) => onStep({ kind: 'tracked', file: row }),
  );
}

function hash({ file, signal }: Upload, onStep: OnStep): Promise<string> {
  onStep({ kind: 'hashing', doneBytes: 0 });
  return hashFile(file, { signal, onProgress: (doneBytes) => onStep({ kind: 'hashing', doneBytes }) });
}

function requestUpload({ file, esiid, signal }: Upload, sha256: string): Promise<Grant> {
  return callApi('/api/admin/smt/raw-upload', {
    method: 'POST',
    signal,
    body: {
      filename: file.name,
      size_bytes: file.size,
      sha256,
      source: 'admin-ui',
      content_type: contentTypeOf(file),
      ...(esiid && { esiid }),
    },
  });
}

/** Queues a stored file again, and follows it until its status is final. @throws as {@link uploadFile} */
export async function loadAgain(stored: StoredFile, onStep: OnStep): Promise<void> {
  onStep({ kind: 'replaying' });
  await replayRawFile(stored.id);
  await trackStored(stored, onStep);
}

function trackStored({ id, sha256 }: StoredFile, onStep: OnStep): Promise<void> {
  return trackFile(
    sha256,
    (row) => row.id === id,
    (row) => onStep({ kind: 'tracked', file: row }),
  );
}

/** Browsers name types as the platform pleases; only a plain media type passes. */
function contentTypeOf({ name, type }: File): string {
  if (/\.csv$/i.test(name)) return 'text/csv';
  return /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : 'application/octet-stream';
}
