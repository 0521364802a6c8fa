import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Api {
  readonly apiUrl: string;
  readonly adminToken: string;
}

/** Whether a file's bytes were uploaded now, or stored before. */
export type Upload =
  | { readonly kind: 'uploaded'; readonly objectKey: string }
  | { readonly kind: 'stored'; readonly rawFileId: string };

export interface LocalFile {
  readonly filename: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** The API or S3 rejected an upload, with this code and message. */
export class UploadRejectedError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'UploadRejectedError';
    this.code = code;
  }
}

/** Reads a file once, for what an upload request contains. */
export async function inspectFile(file: string): Promise<LocalFile> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { filename: path.basename(file), sizeBytes, sha256: hash.digest('hex') };
}

/** Polling of the API for an object that S3 already has: number of attempts, and the delay between them. */
const confirmations = { attempts: 50, delayMs: 200 };

/**
 * Uploads a file as every client does: requests a grant from the API, then PUTs the bytes with it. S3 rejects a second PUT
 * to a key; the upload is complete only once the API reports the bytes.
 * @throws UploadRejectedError
 */
export async function uploadFile(api: Api, file: string, upload: RequestedUpload): Promise<Upload> {
  for (let attempt = 1; ; attempt++) {
    const response = await requestUpload(api, file, upload);
    if (response.duplicate) return { kind: 'stored', rawFileId: response.id };
    if ((await put(file, response.upload)) === 'uploaded') {
      return { kind: 'uploaded', objectKey: response.object_key };
    }
    if (attempt >= confirmations.attempts) {
      throw new UploadRejectedError(
        'upload-unconfirmed',
        `S3 has an object ${response.object_key}, and the API does not know it as these bytes.`,
      );
    }
    await sleep(confirmations.delayMs);
  }
}

type RequestedUpload = LocalFile & { readonly esiid?: string | undefined };

/** @throws UploadRejectedError */
async function requestUpload(
  api: Api,
  file: string,
  { filename, sizeBytes, sha256, esiid }: RequestedUpload,
): Promise<AcceptedUpload> {
  const response = await fetch(`${api.apiUrl}/api/admin/smt/raw-upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      filename,
      size_bytes: sizeBytes,
      sha256,
      esiid,
      received_at: (await stat(file)).mtime.toISOString(),
    }),
  });
  const body = (await response.json()) as UploadResponse;
  if (body.ok === true) return body;
  const details = body.details ? ` ${JSON.stringify(body.details)}` : '';
  throw new UploadRejectedError(body.error ?? `http-${response.status}`, `${body.message ?? ''}${details}`);
}

type AcceptedUpload =
  | { readonly ok: true; readonly duplicate: true; readonly id: string }
  | { readonly ok: true; readonly duplicate?: never; readonly upload: Target; readonly object_key: string };

type UploadResponse =
  | AcceptedUpload
  | { readonly ok?: never; readonly error?: string; readonly message?: string; readonly details?: unknown };

interface Target {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** @returns `present` when S3 has an object of this key @throws UploadRejectedError */
async function put(file: string, { method, url, headers }: Target): Promise<'uploaded' | 'present'> {
  const upload = request(url, { method, headers });
  const responded = new Promise<IncomingMessage>((resolve, reject) => {
    upload.on('response', resolve).on('error', reject);
  });
  responded.catch(() => undefined); // awaited below, after the body
  // S3 may respond with an error and close before it has read everything: the response counts, not the broken pipe.
  const sent = await pipeline(createReadStream(file), upload).then(
    () => undefined,
    (error: unknown) => error,
  );
  const response = await responded.catch((error: unknown) => {
    throw sent ?? error;
  });
  let body = '';
  for await (const chunk of response) body += chunk;
  if (response.statusCode === 200) return 'uploaded';
  if (response.statusCode === 412) return 'present';
  const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1];
  throw new UploadRejectedError(element('Code') ?? `http-${response.statusCode}`, element('Message') ?? body);
}
