import { ApiError, callApi } from '../lib/api.ts';
import type { ListedRawFile, RawFiles } from '../lib/raw-files.ts';
import { isUnderWay } from '../lib/raw-files.ts';
import { hashFile } from './hash-file.ts';
import { type GrantedUpload, putFile } from './put-file.ts';

/** How far an upload is. Bytes can only be lost before `delivered`. */
export type UploadStep =
  | { readonly kind: 'hashing'; readonly doneBytes: number }
  | { readonly kind: 'requesting' }
  | { readonly kind: 'sending'; readonly doneBytes: number }
  | { readonly kind: 'delivered' }
  | { readonly kind: 'stored'; readonly id: string; readonly filename: string }
  | { readonly kind: 'tracked'; readonly file: ListedRawFile };

type Grant =
  | { readonly duplicate: true; readonly id: string; readonly filename: string }
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
    onStep({ kind: 'stored', id: grant.id, filename: grant.filename });
    return;
  }
  onStep({ kind: 'sending', doneBytes: 0 });
  await putFile(file, grant.upload, (doneBytes) => onStep({ kind: 'sending', doneBytes }));
  onStep({ kind: 'delivered' });
  await track(sha256, grant.object_key, onStep);
}

/** Browsers name types by the platform's whim; only a plain media type passes. */
function contentTypeOf({ name, type }: File): string {
  if (/\.csv$/i.test(name)) return 'text/csv';
  return /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : 'application/octet-stream';
}

/**
 * Asks for the file's row until it has come to its end, more and more rarely. The file is delivered, so an answer that
 * fails to come is no failure of the upload.
 */
async function track(sha256: string, objectKey: string, onStep: UploadOptions['onStep']): Promise<void> {
  for (let waitMs = 300; ; waitMs = Math.min(waitMs * 1.3, 10_000)) {
    const file = await findRow(sha256, objectKey);
    if (file) onStep({ kind: 'tracked', file });
    if (file && !isUnderWay(file.status)) return;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

async function findRow(sha256: string, objectKey: string): Promise<ListedRawFile | undefined> {
  try {
    const { files } = await callApi<RawFiles>('/api/admin/smt/raw-files', { query: { sha256 } });
    return files.find(({ object_key }) => object_key === objectKey);
  } catch (error) {
    const isPassing = error instanceof TypeError || (error instanceof ApiError && error.status >= 500);
    if (isPassing) return undefined;
    throw error;
  }
}
