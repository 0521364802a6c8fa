import type { IncomingMessage } from 'node:http';
import type { CorsDescription } from '../template/description.ts';

/** The CORS headers for a request's origin; none when it has no origin or one that is not allowed. */
export function corsHeaders(
  cors: CorsDescription | undefined,
  request: IncomingMessage,
): Record<string, string> {
  const { origin } = request.headers;
  if (!cors || origin === undefined) return {};
  const isAny = cors.allowOrigins.includes('*');
  if (!isAny && !cors.allowOrigins.includes(origin)) return {};
  return {
    'access-control-allow-origin': isAny ? '*' : origin,
    ...(isAny ? {} : { vary: 'Origin' }),
    ...(cors.allowCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(cors.exposeHeaders.length > 0
      ? { 'access-control-expose-headers': cors.exposeHeaders.join(',') }
      : {}),
  };
}

/** Whether API Gateway responds to the request itself, from the API's CORS configuration. */
export function isPreflight(cors: CorsDescription | undefined, request: IncomingMessage): boolean {
  return (
    cors !== undefined &&
    request.method === 'OPTIONS' &&
    request.headers.origin !== undefined &&
    request.headers['access-control-request-method'] !== undefined
  );
}

export function preflightHeaders(cors: CorsDescription, request: IncomingMessage): Record<string, string> {
  const allowed = corsHeaders(cors, request);
  if (Object.keys(allowed).length === 0) return {};
  return {
    ...allowed,
    'access-control-allow-methods': cors.allowMethods.join(','),
    'access-control-allow-headers': cors.allowHeaders.join(','),
    ...(cors.maxAgeSeconds === undefined ? {} : { 'access-control-max-age': String(cors.maxAgeSeconds) }),
  };
}
