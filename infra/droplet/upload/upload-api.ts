import type { Readable } from 'node:stream';
import type { ApiConfiguration } from '../configuration.ts';
import { DropletError, TemporaryError } from '../errors.ts';
import { type HttpAnswer, send } from './send.ts';

/** A file that is to get to S3, and all that is said of it before. */
export interface UploadContent {
  readonly filename: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  /** When it reached SMT's folder, or this machine. */
  readonly receivedAt: Date;
  readonly read: () => Readable;
}

/** Leave to send one file's bytes to S3, for a quarter of an hour. */
export interface UploadGrant {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly objectKey: string;
}

export type UploadDecision =
  | { readonly kind: 'granted'; readonly grant: UploadGrant }
  /** The content is stored already, as this raw file. */
  | { readonly kind: 'duplicate'; readonly rawFileId: string };

const contentTypes: readonly (readonly [RegExp, string])[] = [
  [/\.csv$/i, 'text/csv'],
  [/\.zip$/i, 'application/zip'],
  [/\.gz$/i, 'application/gzip'],
  [/\.(?:asc|pgp|gpg)$/i, 'application/pgp-encrypted'],
];

function contentTypeOf(filename: string): string {
  return contentTypes.find(([pattern]) => pattern.test(filename))?.[1] ?? 'application/octet-stream';
}

/** Of an answer that is not the API's, in a message. */
const maxToldLength = 200;
const route = '/api/admin/smt/raw-upload';

/** POSTs to the upload route, as whoever has the token. @throws TemporaryError `api-unavailable` */
export function postToApi(api: ApiConfiguration, body: object, signal: AbortSignal): Promise<HttpAnswer> {
  return send({
    method: 'POST',
    url: `${api.baseUrl}${route}`,
    headers: { 'x-admin-token': api.adminToken, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
}

/**
 * Asks for leave to upload a file.
 * @throws DropletError `token-refused`, `file-too-large`, `upload-refused`, `not-the-api`; TemporaryError
 */
export async function requestUpload(
  api: ApiConfiguration,
  content: UploadContent,
  signal: AbortSignal,
): Promise<UploadDecision> {
  const { sizeBytes, sha256, receivedAt } = content;
  const filename = content.filename.replace(/\p{Cc}/gu, '_'); // the API refuses control characters
  const request = {
    filename,
    size_bytes: sizeBytes,
    sha256,
    received_at: receivedAt.toISOString(),
    content_type: contentTypeOf(filename),
  };
  const answer = await postToApi(api, request, signal);
  if (answer.status !== 200) throw refusal(api, answer);
  const decision = parseDecision(answer.body);
  if (!decision) throw notTheApi(api, `answered ${route} with something else than JSON of the upload API`);
  return decision;
}

/** What an answer other than 200 means. The API answers 401 for a token, and nothing else does. */
export function refusal(api: ApiConfiguration, answer: HttpAnswer): DropletError {
  const { status } = answer;
  const message = apiMessage(answer.body);
  if (status === 401) {
    return new DropletError(
      'token-refused',
      `${api.baseUrl} refuses the token. Set ADMIN_TOKEN to the API's.`,
    );
  }
  const told = message || answer.body.slice(0, maxToldLength).replace(/\s+/g, ' ').trim();
  const said = told && `: ${told}`;
  if (isTemporary(status)) {
    return new TemporaryError('api-unavailable', `${api.baseUrl} answered ${status}${said}`, {
      retryAfterMs: retryAfterMs(answer),
    });
  }
  if (status === 413)
    return new DropletError('file-too-large', message || 'The file is too large for one upload.');
  if (status === 400) return new DropletError('upload-refused', message || 'The API refuses the request.');
  const location = answer.headers.location ? ` to ${answer.headers.location}` : '';
  return notTheApi(api, `answered ${route} with ${status}${location}${said}`);
}

function notTheApi({ baseUrl }: ApiConfiguration, found: string): DropletError {
  return new DropletError('not-the-api', `${baseUrl} ${found}. Is INTELLIWATT_BASE_URL right?`);
}

/**
 * Sends a file's bytes where the grant says. `present`: S3 has this very upload already, as when the answer to an
 * earlier one was lost.
 * @throws DropletError `upload-refused`; TemporaryError, also when the grant has expired
 */
export async function putContent(
  grant: UploadGrant,
  content: UploadContent,
  signal: AbortSignal,
): Promise<'uploaded' | 'present'> {
  const { method, url, headers } = grant;
  const { sizeBytes, read } = content;
  const answer = await send({ method, url, headers, body: { sizeBytes, read }, signal });
  const { status } = answer;
  if (status === 200) return 'uploaded';
  if (status === 412) return 'present';
  const code = /<Code>([^<]*)<\/Code>/.exec(answer.body)?.[1] ?? `HTTP ${status}`;
  const message = `S3 refused the upload: ${code}.`;
  // 403 is an expired grant, and 409 another upload of the same under way; the next attempt asks for leave again.
  if (isTemporary(status) || status === 403 || status === 409 || code === 'RequestTimeout') {
    throw new TemporaryError('upload-refused', message, { retryAfterMs: retryAfterMs(answer) });
  }
  throw new DropletError('upload-refused', message);
}

function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** Retry-After in seconds or as a date. */
function retryAfterMs({ headers }: HttpAnswer): number | undefined {
  const text = headers['retry-after'];
  if (!text) return undefined;
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(delayMs) ? Math.max(0, delayMs) : undefined;
}

function parseJson(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function apiMessage(body: string): string {
  const message = parseJson(body)?.message;
  return typeof message === 'string' ? message : '';
}

function parseDecision(body: string): UploadDecision | null {
  const answer = parseJson(body);
  if (answer?.ok !== true) return null;
  if (answer.duplicate === true) return { kind: 'duplicate', rawFileId: String(answer.id) };
  const upload = answer.upload as Partial<UploadGrant> | undefined;
  if (!upload?.url || !upload.method || !upload.headers) return null;
  const { method, url, headers } = upload;
  return { kind: 'granted', grant: { method, url, headers, objectKey: String(answer.object_key) } };
}
