import * as z from 'zod';
import { HttpError } from '../../shared/http/errors.ts';
import { esiid, instant } from '../../shared/http/schemas.ts';
import { maxSizeBytes } from './max-size.ts';

/** What prefix, source, hint and hash leave of a key's 1,024 bytes. */
const maxFilenameBytes = 600;

/** Field names of the old clients, also accepted. */
const oldNames = { sizeBytes: 'size_bytes', receivedAt: 'received_at', contentType: 'content_type' } as const;

function withNewNames(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const entries = Object.entries(body).map(([name, value]) => [
    oldNames[name as keyof typeof oldNames] ?? name,
    value,
  ]);
  return Object.fromEntries(entries);
}

/** The last part of a path, as some clients send one. */
function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** Who sends a file, in a word. */
export const source = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,49}$/, 'has more than lower-case letters, digits and hyphens (50 at most)')
  .default('droplet-upload');

const filename = z
  .string()
  .transform(baseName)
  .refine((name) => name !== '' && name !== '.' && name !== '..', 'is not the name of a file')
  .refine((name) => Buffer.byteLength(name) <= maxFilenameBytes, `is longer than ${maxFilenameBytes} bytes`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is rejected
  .refine((name) => !/[\u0000-\u001f\u007f]/.test(name) && name.isWellFormed(), 'has control characters');

/** Any year: clients send a file's modification time, and a wrong one (1970, 2106) must not cause the upload to fail. */
const receivedAt = instant
  .transform((text) => new Date(text))
  .describe('When the client got the file, ISO 8601 with offset');

/** Unknown fields are ignored: the old clients send more. */
export const uploadRequest = z.preprocess(
  withNewNames,
  z.object({
    filename,
    size_bytes: z.int().min(0),
    sha256: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/, 'is not a SHA-256 in 64 hex digits')
      .transform((hex) => hex.toLowerCase()),
    source,
    received_at: receivedAt.nullish(),
    content_type: z
      .string()
      .max(100, { abort: true })
      .regex(/^[\w.+-]+\/[\w.+-]+[ \t]*(?:;[\w.=" \t-]+)*$/, 'is not a media type')
      .default('text/csv'),
    esiid: esiid.nullish(),
    dry_run: z
      .boolean()
      .default(false)
      .describe('Grant no upload: only check token and database, and return the origin of upload URLs'),
  }),
);

/** @throws HttpError 413 */
export function checkSize(sizeBytes: number): void {
  if (sizeBytes > maxSizeBytes) {
    throw new HttpError(
      413,
      'too-large',
      `size_bytes is ${sizeBytes}; one upload takes ${maxSizeBytes} (5 GiB). Compress the file, split it, or drop it in the S3 console.`,
    );
  }
}
