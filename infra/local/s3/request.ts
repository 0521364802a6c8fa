import type { IncomingMessage } from 'node:http';
import { invalidArgument, S3Error } from './errors.ts';

/** An S3 request, path style, decoded but not yet verified: the signature is checked on exactly these parts. */
export interface S3Request {
  readonly method: string;
  /** Path as sent, still percent-encoded, without the query. */
  readonly rawPath: string;
  /** Undefined for the service itself (list buckets). */
  readonly bucket: string | undefined;
  /** Undefined for the bucket itself. */
  readonly key: string | undefined;
  /** Query parameters as sent, decoded, in order. */
  readonly queryPairs: readonly (readonly [string, string])[];
  /** First value by parameter name. */
  readonly query: ReadonlyMap<string, string>;
  /** Values by lower-case name, repeated headers joined by a comma; one character a byte, as on the wire. */
  readonly headers: ReadonlyMap<string, string>;
  readonly incoming: IncomingMessage;
}

/** Parses an HTTP request. Throws `InvalidURI` (400) or `KeyTooLongError` (400). */
export function parseRequest(incoming: IncomingMessage): S3Request {
  const target = incoming.url ?? '/';
  const cut = target.indexOf('?');
  const rawPath = cut < 0 ? target : target.slice(0, cut);
  const queryPairs = cut < 0 ? [] : parseQuery(target.slice(cut + 1));
  const { bucket, key } = parsePath(rawPath);
  return {
    method: incoming.method ?? 'GET',
    rawPath,
    bucket,
    key,
    queryPairs,
    query: new Map([...queryPairs].reverse()),
    headers: joinHeaders(incoming.rawHeaders),
    incoming,
  };
}

function parsePath(rawPath: string) {
  if (!rawPath.startsWith('/')) throw invalidUri(rawPath);
  const slash = rawPath.indexOf('/', 1);
  const bucket = decode(slash < 0 ? rawPath.slice(1) : rawPath.slice(1, slash));
  const key = slash < 0 ? '' : decode(rawPath.slice(slash + 1));
  if (Buffer.byteLength(key) > 1024) throw new S3Error(400, 'KeyTooLongError', 'Your key is too long');
  return { bucket: bucket || undefined, key: key || undefined };
}

function parseQuery(text: string): [string, string][] {
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const name = equals < 0 ? pair : pair.slice(0, equals);
      const value = equals < 0 ? '' : pair.slice(equals + 1);
      return [decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' '))];
    });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw invalidUri(text, cause);
  }
}

function invalidUri(uri: string, cause?: unknown): S3Error {
  return new S3Error(400, 'InvalidURI', "Couldn't parse the specified URI.", { URI: uri }, { cause });
}

function joinHeaders(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return headers;
}

/** The user metadata of a request, by name without its prefix; a presigned URL may carry it in its query instead. */
export function userMetadata(request: S3Request): Record<string, string> {
  const prefix = 'x-amz-meta-';
  const metadata: Record<string, string> = {};
  const inQuery = [...request.query].map(
    ([name, value]) => [name.toLowerCase(), headerText(name, value)] as const,
  );
  for (const [name, value] of [...inQuery, ...request.headers]) {
    if (name.startsWith(prefix)) metadata[name.slice(prefix.length)] = value;
  }
  return metadata;
}

/** A query parameter's value as a header carries it, one character a byte. Throws `InvalidArgument` for line breaks. */
export function headerText(name: string, value: string): string {
  if (/\p{Cc}/u.test(value)) throw invalidArgument('Header value cannot be used.', name, value);
  return Buffer.from(value, 'utf8').toString('latin1');
}

/** A whole number in the query, or `fallback` when absent. Throws `InvalidArgument`. */
export function integerParameter(request: S3Request, name: string, fallback: number, max: number): number {
  const text = request.query.get(name);
  if (text === undefined || text === '') return fallback;
  if (!/^\d{1,10}$/.test(text) || Number(text) > 2_147_483_647) {
    throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text);
  }
  return Math.min(Number(text), max);
}
