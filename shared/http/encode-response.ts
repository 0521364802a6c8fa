import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

export interface ApiResponse {
  readonly status: number;
  /** An object goes out as JSON; text or bytes need a content-type among the headers. */
  readonly body: object | string | Uint8Array;
  /** Lower-case names; they win over the defaults. */
  readonly headers?: Readonly<Record<string, string>>;
}

const compress = promisify(gzip);
/** Below this, the header of a gzip and a second look cost more than they save. */
const minCompressedBytes = 1024;

/** What a client may do with an answer unless the route says otherwise: nothing but show it. */
const defaultHeaders = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/** An answer as API Gateway takes it, compressed when the client can read that. Bytes travel as base64. */
export async function encodeResponse(
  event: APIGatewayProxyEventV2,
  { status, body, headers = {} }: ApiResponse,
): Promise<APIGatewayProxyStructuredResultV2> {
  const content = body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body);
  const allHeaders = { ...defaultHeaders, ...headers, vary: 'accept-encoding' };
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

/** Whether an Accept-Encoding header allows gzip; a quality of 0 forbids it. */
function acceptsGzip(header = ''): boolean {
  return header.split(',').some((coding) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0+)?\s*$).*)?$/i.test(coding));
}
