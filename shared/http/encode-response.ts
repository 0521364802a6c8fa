import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { jsonStringBytes, maxBodyBytes } from './response-size.ts';

export interface ApiResponse {
  readonly status: number;
  /** An object is sent as JSON; text or bytes need a content-type header. */
  readonly body: object | string | Uint8Array;
  /** Lower-case names; they override the defaults. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Adds an ETag of the content; a client that already has that content gets 304 without a body. */
  readonly revalidates?: boolean;
}

const compress = promisify(gzip);
/** Below this, compressing costs more than it saves. */
const minCompressedBytes = 1024;

/** Responses must not be stored, unless the route says otherwise. */
const defaultHeaders = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  vary: 'accept-encoding',
};

/**
 * A response in API Gateway's format, compressed if the client accepts it. Bytes are base64-encoded. One that is larger than Lambda
 * can send becomes an error that says so, where the client would get a 500 without a reason.
 */
export async function encodeResponse(
  event: APIGatewayProxyEventV2,
  response: ApiResponse,
): Promise<APIGatewayProxyStructuredResultV2> {
  const encoded = await encode(event, response);
  return jsonStringBytes(encoded.body ?? '') > maxBodyBytes ? encode(event, tooLarge) : encoded;
}

const tooLarge: ApiResponse = {
  status: 400,
  body: {
    ok: false,
    error: 'response-too-large',
    message:
      'The response is larger than the 6 MB that can be sent. Accept gzip, or ask for fewer rows or days.',
  },
};

async function encode(
  event: APIGatewayProxyEventV2,
  { status, body, headers = {}, revalidates = false }: ApiResponse,
): Promise<APIGatewayProxyStructuredResultV2> {
  const content = body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body);
  const etag = revalidates && status === 200 ? etagOf(content) : undefined;
  const allHeaders = { ...defaultHeaders, ...headers, ...(etag && revalidationHeaders(etag)) };
  if (etag && isKnown(etag, event.headers['if-none-match'])) return { statusCode: 304, headers: allHeaders };
  if (content.length >= minCompressedBytes && acceptsGzip(event.headers?.['accept-encoding'])) {
    const compressed = await compress(content, { level: constants.Z_BEST_SPEED });
    return {
      statusCode: status,
      headers: { ...allHeaders, 'content-encoding': 'gzip' },
      body: compressed.toString('base64'),
      isBase64Encoded: true,
    };
  }
  if (typeof content === 'string') return { statusCode: status, headers: allHeaders, body: content };
  const base64 = Buffer.from(content).toString('base64');
  return { statusCode: status, headers: allHeaders, body: base64, isBase64Encoded: true };
}

/** Weak, since compressed and plain bodies share it. */
function etagOf(content: string | Uint8Array): string {
  return `W/"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
}

/** `no-cache` keeps a response in the client's own cache, which must revalidate it before each use. */
function revalidationHeaders(etag: string) {
  return {
    etag,
    'cache-control': 'private, no-cache',
    vary: 'accept, accept-encoding, authorization, x-admin-token',
  };
}

function isKnown(etag: string, header = ''): boolean {
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return header.split(',').some((tag) => tag.trim() === '*' || opaque(tag) === opaque(etag));
}

/** Whether an Accept-Encoding header allows gzip; a quality of 0 forbids it. */
function acceptsGzip(header = ''): boolean {
  return header.split(',').some((coding) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0+)?\s*$).*)?$/i.test(coding));
}
