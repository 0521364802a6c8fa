import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { InvocationResult } from '../lambda/protocol.ts';

/** A response ready to be sent. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

const maxResponseBytes = 6 * 1024 * 1024; // Lambda's limit on a synchronous response

/** A response of API Gateway itself, worded as it words it. */
export function errorResponse(status: number, message: string): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ message })),
  };
}

/** Converts a function's response in payload format 2.0, as API Gateway does. */
export function responseOf(result: InvocationResult): HttpResponse {
  if (result.outcome !== 'ok') return errorResponse(500, 'Internal Server Error');
  const { payload } = result;
  if (Buffer.byteLength(JSON.stringify(payload)) > maxResponseBytes)
    return errorResponse(500, 'Internal Server Error');
  if (typeof payload !== 'object' || payload === null || !('statusCode' in payload)) {
    // Without a statusCode the whole response is the body.
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) };
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } =
    payload as APIGatewayProxyStructuredResultV2;
  if (!Number.isInteger(statusCode)) return errorResponse(500, 'Internal Server Error');
  const entries = Object.entries(headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  return {
    status: Number(statusCode),
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      ...Object.fromEntries(entries),
      ...(cookies ? { 'set-cookie': cookies } : {}),
    },
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
  };
}
