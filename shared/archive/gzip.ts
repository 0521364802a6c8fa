import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FileError } from './file-error.ts';
import type { UnpackBudget } from './limits.ts';

/** Larger than zlib's own: every chunk costs a trip through the event loop. */
const chunkSize = 64 * 1024;

/** Unpacks gzip within the budget; its checksum is verified. @throws FileError `corrupt-gzip`, `truncated-archive` */
export async function* gunzip(packed: Readable, budget: UnpackBudget): AsyncGenerator<Buffer> {
  // The reader below sees every failure, so the callback has nothing to add.
  const unpacked = pipeline(packed, createGunzip({ chunkSize }), budget.meter(), () => {});
  try {
    yield* unpacked as AsyncIterable<Buffer>;
  } catch (error) {
    throw asGzipError(error);
  }
}

function asGzipError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'Z_BUF_ERROR') {
    return new FileError('truncated-archive', 'The gzip data ends too early. Send the whole file.', {
      cause: error,
    });
  }
  if (code.startsWith('Z_')) {
    return new FileError('corrupt-gzip', 'The gzip data is corrupt. Send the file again.', {
      cause: error,
    });
  }
  return error;
}
