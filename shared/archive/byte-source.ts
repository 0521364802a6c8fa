import { Readable } from 'node:stream';

/** Bytes that can be read from any place, as often as needed: an S3 object version, a buffer. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Streams bytes from startByte (inclusive) to endByte (exclusive). */
  stream(startByte: number, endByte: number): Readable;
}

export function bufferSource(bytes: Buffer): ByteSource {
  return {
    sizeBytes: bytes.length,
    stream: (startByte, endByte) =>
      Readable.from([bytes.subarray(startByte, endByte)], { objectMode: false }),
  };
}
