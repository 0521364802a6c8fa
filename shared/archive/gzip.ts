import { createGunzip, type Gunzip } from 'node:zlib';
import { FileError } from './file-error.ts';
import { type UnpackBudget, unpackedChunkBytes } from './limits.ts';

/**
 * Unpacks gzip within the budget, all members of it; their checksums are verified. What follows the last member may only be
 * zeros, as tapes and some tools pad a file.
 * @throws FileError `corrupt-gzip`, `truncated-archive`
 */
export async function* gunzip(packed: AsyncIterable<Buffer>, budget: UnpackBudget): AsyncGenerator<Buffer> {
  const inflating = createGunzip({ chunkSize: unpackedChunkBytes });
  const feeding = feed(packed, inflating);
  feeding.catch((error: Error) => inflating.destroy(error));
  try {
    yield* budget.meter(inflating);
    const junkOffset = await feeding;
    if (junkOffset !== null) {
      throw new FileError(
        'corrupt-gzip',
        `The gzip data is corrupt at byte ${junkOffset}: what follows is neither gzip data nor zero padding. Send the file again.`,
      );
    }
  } catch (error) {
    throw asGzipError(error);
  } finally {
    inflating.destroy();
  }
}

/**
 * Writes gzip data to zlib, which stops at a zero byte after a member without reporting what follows.
 * @returns the offset of the first byte that is neither part of a member nor zero padding at the end; null if there is none
 */
async function feed(packed: AsyncIterable<Buffer>, inflating: Gunzip): Promise<number | null> {
  let offset = 0;
  let hasEnded = false;
  for await (const chunk of packed) {
    if (!hasEnded) await write(inflating, chunk);
    const taken: number = hasEnded ? 0 : inflating.bytesWritten - offset;
    hasEnded ||= taken < chunk.length;
    const junk = chunk.subarray(taken).findIndex((byte) => byte !== 0);
    if (junk >= 0) return offset + taken + junk;
    offset += chunk.length;
  }
  if (!hasEnded) inflating.end();
  return null;
}

function write(inflating: Gunzip, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    inflating.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
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
