import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import { HttpError } from '../../shared/http/errors.ts';

const contentTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** File names as the build writes them: no name can point outside the folder. */
const namePattern = /^[\w-]+\.(js|css|svg)$/;

/** A bundled file of the pages. Its name holds a hash of its content. @throws HttpError 404 */
export async function assetResponse(name: string): Promise<ApiResponse> {
  const body = namePattern.test(name) ? await readAsset(name) : undefined;
  if (body === undefined) throw new HttpError(404, 'not-found', 'There is no such file.');
  const headers = {
    'content-type': contentTypes[path.extname(name)] ?? 'application/octet-stream',
    'cache-control': 'public, max-age=31536000, immutable',
  };
  return { status: 200, headers, body };
}

async function readAsset(name: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path.join(import.meta.dirname, 'client/assets', name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
