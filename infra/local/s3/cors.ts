import type { S3Request } from './request.ts';

const loopbackOrigin = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Headers that let a page on this machine read a response; none for any other origin. */
export function corsHeaders(request: S3Request): Record<string, string> {
  const origin = request.headers.get('origin');
  if (origin === undefined || !loopbackOrigin.test(origin)) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers':
      'ETag, x-amz-version-id, x-amz-request-id, x-amz-checksum-sha256, x-amz-checksum-type, Content-Range',
    vary: 'Origin',
  };
}

/** The response headers of a preflight: what the page may send; undefined when it may send nothing. */
export function preflightHeaders(request: S3Request): Record<string, string> | undefined {
  const allowed = corsHeaders(request);
  if (!('vary' in allowed) || !request.headers.has('access-control-request-method')) return undefined;
  return {
    ...allowed,
    'access-control-allow-methods': 'GET, HEAD, PUT, POST, DELETE',
    'access-control-allow-headers': request.headers.get('access-control-request-headers') ?? '*',
    'access-control-max-age': '3000',
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}
