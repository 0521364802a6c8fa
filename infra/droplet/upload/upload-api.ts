import type { Readable } from 'node:stream';
import { DropletError, TemporaryError } from '../errors.ts';
import type { ApiConfiguration } from './api-configuration.ts';
import { isTemporary, post, retryAfterMs, unexpectedBody } from './post.ts';
import { send } from './send.ts';

/** A file to upload, and its metadata for the API. */
export interface UploadContent {
  readonly filename: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  /** When it reached SMT's folder, or this machine. */
  readonly receivedAt: Date;
  readonly read: () => Readable;
}

/** A presigned PUT for one file's bytes, valid for a quarter of an hour. */
export interface UploadGrant {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly objectKey: string;
}

/** The raw file that holds these bytes already. */
export interface StoredFile {
  readonly id: string;
  /** Such as `normalized` or `failed`; see raw_files. */
  readonly status: string;
}

export type UploadDecision =
  | { readonly kind: 'granted'; readonly grant: UploadGrant }
  | { readonly kind: 'duplicate'; readonly stored: StoredFile };

const contentTypes: readonly (readonly [RegExp, string])[] = [
  [/\.csv$/i, 'text/csv'],
  [/\.zip$/i, 'application/zip'],
  [/\.gz$/i, 'application/gzip'],
  [/\.(?:asc|pgp|gpg)$/i, 'application/pgp-encrypted'],
];

function contentTypeOf(filename: string): string {
  return contentTypes.find(([pattern]) => pattern.test(filename))?.[1] ?? 'application/octet-stream';
}

const route = '/api/admin/smt/raw-upload';

/**
 * Asks for a presigned upload.
 * @throws DropletError `token-rejected`, `file-too-large`, `upload-rejected`, `not-the-api`; TemporaryError
 */
export async function requestUpload(
  api: ApiConfiguration,
  content: UploadContent,
  signal: AbortSignal,
): Promise<UploadDecision> {
  const { sizeBytes, sha256, receivedAt } = content;
  const filename = content.filename.replace(/\p{Cc}/gu, '_'); // the API rejects control characters
  const response = await post(
    { api, route, signal },
    {
      filename,
      size_bytes: sizeBytes,
      sha256,
      received_at: receivedAt.toISOString(),
      content_type: contentTypeOf(filename),
    },
  );
  const decision = parseDecision(response);
  if (!decision) throw unexpectedBody(api, route);
  return decision;
}

const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/**
 * Requests an upload without making one, which changes nothing: it shows whether the API accepts the token and reaches
 * its database.
 * @returns the origin of the URLs that uploads go to
 * @throws as {@link requestUpload}
 */
export async function requestDryRun(api: ApiConfiguration, signal: AbortSignal): Promise<string> {
  const request = { filename: 'smt-droplet-doctor', size_bytes: 0, sha256: emptySha256, dry_run: true };
  const response = await post({ api, route, signal }, request);
  if (typeof response?.upload_origin !== 'string') throw unexpectedBody(api, route);
  return response.upload_origin;
}

/**
 * Sends a file's bytes to S3.
 * @throws TemporaryError `upload-unconfirmed` when S3 has an object of this key, whose bytes only the API knows;
 *   TemporaryError `upload-rejected`, also for an expired grant; DropletError `upload-rejected`
 */
export async function putContent(
  grant: UploadGrant,
  content: UploadContent,
  signal: AbortSignal,
): Promise<void> {
  const { method, url, headers, objectKey } = grant;
  const { sizeBytes, read } = content;
  const response = await send({ method, url, headers, body: { sizeBytes, read }, signal });
  const { status } = response;
  if (status === 200) return;
  if (status === 412) {
    throw new TemporaryError(
      'upload-unconfirmed',
      `S3 already has an object ${objectKey}, and the API does not know it as these bytes. Usually an earlier upload of this file is still being registered, and the next run finds it. If this lasts, other bytes occupy the key: delete that object in the S3 console.`,
    );
  }
  const code = /<Code>([^<]*)<\/Code>/.exec(response.body)?.[1] ?? `HTTP ${status}`;
  const message = `S3 rejected the upload: ${code}.`;
  // 403 is an expired grant and 409 a simultaneous upload of the same key; the next attempt asks for a new grant.
  if (isTemporary(status) || status === 403 || status === 409 || code === 'RequestTimeout') {
    throw new TemporaryError('upload-rejected', message, { retryAfterMs: retryAfterMs(response) });
  }
  throw new DropletError('upload-rejected', message);
}

function parseDecision(response: Record<string, unknown> | null): UploadDecision | null {
  if (response?.ok !== true) return null;
  if (response.duplicate === true) {
    return { kind: 'duplicate', stored: { id: String(response.id), status: String(response.status) } };
  }
  const upload = response.upload as Partial<UploadGrant> | undefined;
  if (!upload?.url || !upload.method || !upload.headers) return null;
  const { method, url, headers } = upload;
  return { kind: 'granted', grant: { method, url, headers, objectKey: String(response.object_key) } };
}
