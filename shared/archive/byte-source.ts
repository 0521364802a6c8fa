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

function* partsOf(chunks: readonly Buffer[], startByte: number, endByte: number): Generator<Buffer> {
  let offset = 0;
  for (const chunk of chunks) {
    const part = chunk.subarray(Math.max(0, startByte - offset), Math.max(0, endByte - offset));
    if (part.length > 0) yield part;
    offset += chunk.length;
  }
}
