import { Readable } from 'node:stream';

/** Bytes that can be read from any place, as often as needed: an S3 object version, a buffer. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Streams bytes from startByte (inclusive) to endByte (exclusive). */
  stream(startByte: number, endByte: number): Readable;
}

export function bufferSource(bytes: Buffer): ByteSource {
  return chunksSource([bytes]);
}

/** Bytes in memory that are not joined. */
export function chunksSource(chunks: readonly Buffer[]): ByteSource {
  return {
    sizeBytes: chunks.reduce((sum, { length }) => sum + length, 0),
    stream: (startByte, endByte) => Readable.from(partsOf(chunks, startByte, endByte), { objectMode: false }),
  };
}

/** What is read at once is held in many forms at once, so it is little. */
const maxPartBytes = 64 * 1024;

function* partsOf(chunks: readonly Buffer[], startByte: number, endByte: number): Generator<Buffer> {
  let offset = 0;
  for (const chunk of chunks) {
    const to = Math.min(chunk.length, endByte - offset);
    for (let from = Math.max(0, startByte - offset); from < to; from += maxPartBytes)
      yield chunk.subarray(from, Math.min(to, from + maxPartBytes));
    offset += chunk.length;
  }
}
