import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ApiResponse } from '../../shared/http/encode-response.ts';

/** An HTML page as the build wrote it. Its CSP allows scripts and assets from its own origin only, and uploads to the bucket. */
export async function pageResponse(
  name: 'overview' | 'raw-files' | 'raw-file' | 'usage' | 'api',
  uploadOrigin: string,
): Promise<ApiResponse> {
  const body = await readFile(path.join(import.meta.dirname, 'client/pages', `${name}.html`));
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "worker-src 'self'",
    `connect-src 'self' ${uploadOrigin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'content-security-policy': policy.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'referrer-policy': 'no-referrer',
    'strict-transport-security': 'max-age=31536000',
  };
  return { status: 200, headers, body };
}
