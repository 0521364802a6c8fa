import { ApiError, callApi } from '../lib/api.ts';
import type { ListedRawFile, RawFiles, Status } from '../lib/raw-files.ts';
import { isUnderWay, replayRawFile } from '../lib/raw-files.ts';
import { hashFile } from './hash-file.ts';
import { type GrantedUpload, putFile } from './put-file.ts';

/** How far an upload is. Bytes can only be lost before `delivered`. */
export type UploadStep =
  | { readonly kind: 'hashing'; readonly doneBytes: number }
  | { readonly kind: 'requesting' }
  | { readonly kind: 'sending'; readonly doneBytes: number }
  | { readonly kind: 'delivered' }
  | { readonly kind: 'stored'; readonly file: StoredFile }
  | { readonly kind: 'replaying' }
  | { readonly kind: 'tracked'; readonly file: ListedRawFile };

/** A file that was there before, with the bytes of the one that was to be uploaded. */
export interface StoredFile {
  readonly id: string;
  readonly status: Status;
  readonly sha256: string;
}

type Grant =
  | { readonly duplicate: true; readonly id: string; readonly status: Status }
  | { readonly duplicate?: undefined; readonly upload: GrantedUpload; readonly object_key: string };

export interface UploadOptions {
  /** For files without an ESIID column. */
  readonly esiid: string | undefined;
  readonly onStep: (step: UploadStep) => void;
}

/**
 * Takes one file the whole way: hash, permission, upload, and then its status until it has come to its end.
 * @throws what any step throws: nothing is lost by starting over
 */
export async function uploadFile(file: File, { esiid, onStep }: UploadOptions): Promise<void> {
  onStep({ kind: 'hashing', doneBytes: 0 });
  const sha256 = await hashFile(file, (doneBytes) => onStep({ kind: 'hashing', doneBytes }));
  onStep({ kind: 'requesting' });
  const grant = await callApi<Grant>('/api/admin/smt/raw-upload', {
    method: 'POST',
    body: {
      filename: file.name,
      size_bytes: file.size,
      sha256,
      source: 'admin-ui',
      content_type: contentTypeOf(file),
      ...(esiid && { esiid }),
    },
  });
  if (grant.duplicate) {
    const stored = { id: grant.id, status: grant.status, sha256 };
    onStep({ kind: 'stored', file: stored });
    if (isUnderWay(stored.status)) await trackStored(stored, onStep);
    return;
  }
  onStep({ kind: 'sending', doneBytes: 0 });
  await putFile(file, grant.upload, (doneBytes) => onStep({ kind: 'sending', doneBytes }));
  onStep({ kind: 'delivered' });
  await track(sha256, (row) => row.object_key === grant.object_key, onStep);
}

/** Puts a stored file back on its way, and follows it to its end. @throws as {@link uploadFile} */
export async function loadAgain(stored: StoredFile, onStep: UploadOptions['onStep']): Promise<void> {
  onStep({ kind: 'replaying' });
  await replayRawFile(stored.id);
  await trackStored(stored, onStep);
}

function trackStored({ id, sha256 }: StoredFile, onStep: UploadOptions['onStep']): Promise<void> {
  return track(sha256, (row) => row.id === id, onStep);
}

/** Browsers name types by the platform's whim; only a plain media type passes. */
function contentTypeOf({ name, type }: File): string {
  if (/\.csv$/i.test(name)) return 'text/csv';
  return /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : 'application/octet-stream';
}

type IsIt = (row: ListedRawFile) => boolean;

/**
 * Asks for the file's row until it has come to its end, more and more rarely. The file is delivered, so an answer that
 * fails to come is no failure of the upload.
 */
async function track(sha256: string, isIt: IsIt, onStep: UploadOptions['onStep']): Promise<void> {
  for (let waitMs = 300; ; waitMs = Math.min(waitMs * 1.3, 10_000)) {
    const file = await findRow(sha256, isIt);
    if (file) onStep({ kind: 'tracked', file });
    if (file && !isUnderWay(file.status)) return;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

async function findRow(sha256: string, isIt: IsIt): Promise<ListedRawFile | undefined> {
  try {
    const { files } = await callApi<RawFiles>('/api/admin/smt/raw-files', { query: { sha256 } });
    return files.find(isIt);
  } catch (error) {
    const isPassing = error instanceof TypeError || (error instanceof ApiError && error.status >= 500);
    if (isPassing) return undefined;
    throw error;
  }
}
