import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface Api {
  readonly apiUrl: string;
  readonly adminToken: string;
}

/** How a file's content got into the bucket: now, or it was there. */
export type Upload =
  | { readonly kind: 'uploaded'; readonly objectKey: string }
  | { readonly kind: 'stored'; readonly rawFileId: string };

export interface LocalFile {
  readonly filename: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** The API or S3 refused an upload; code and message are theirs. */
export class UploadRefusedError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'UploadRefusedError';
    this.code = code;
  }
}

/** Reads a file once, for what an upload request has to say of it. */
export async function inspectFile(file: string): Promise<LocalFile> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { filename: path.basename(file), sizeBytes, sha256: hash.digest('hex') };
}

/**
 * Takes a file the way of every upload: asks the API, then PUTs the bytes where it says, with the headers it says.
 * @throws UploadRefusedError
 */
export async function uploadFile(
  api: Api,
  file: string,
  { filename, sizeBytes, sha256, esiid }: LocalFile & { readonly esiid?: string | undefined },
): Promise<Upload> {
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
  const answer = (await response.json()) as UploadAnswer;
  if (answer.ok !== true) {
    const details = answer.details ? ` ${JSON.stringify(answer.details)}` : '';
    throw new UploadRefusedError(
      answer.error ?? `http-${response.status}`,
      `${answer.message ?? ''}${details}`,
    );
  }
  if (answer.duplicate) return { kind: 'stored', rawFileId: answer.id };
  await put(file, answer.upload);
  return { kind: 'uploaded', objectKey: answer.object_key };
}

type UploadAnswer =
  | { readonly ok: true; readonly duplicate: true; readonly id: string }
  | { readonly ok: true; readonly duplicate?: never; readonly upload: Target; readonly object_key: string }
  | { readonly ok?: never; readonly error?: string; readonly message?: string; readonly details?: unknown };

interface Target {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function put(file: string, { method, url, headers }: Target): Promise<void> {
  const upload = request(url, { method, headers });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    upload.on('response', resolve).on('error', reject);
  });
  answered.catch(() => undefined); // awaited below, after the body
  // S3 may refuse and hang up before it has read everything: then its answer counts, not the broken pipe.
  const sent = await pipeline(createReadStream(file), upload).then(
    () => undefined,
    (error: unknown) => error,
  );
  const response = await answered.catch((error: unknown) => {
    throw sent ?? error;
  });
  let body = '';
  for await (const chunk of response) body += chunk;
  // 412: this very upload has arrived before.
  if (response.statusCode === 200 || response.statusCode === 412) return;
  const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1];
  throw new UploadRefusedError(element('Code') ?? `http-${response.statusCode}`, element('Message') ?? body);
}
