import { Readable } from 'node:stream';
import type { ByteSource } from './byte-source.ts';

/** Bytes that one request reads ahead. */
const windowBytes = 4 * 1024 ** 2;
/** Maximum size of a piece that is passed on, as of any stream: the first one of a member is its head. */
const pieceBytes = 64 * 1024;

/**
 * A source whose small reads share requests: a zip archive is read by dozens of bytes at a time, its members are small and follow
 * one another, and each request to S3 takes some 20 ms. Ranges larger than the window are streamed.
 */
export class ReadAhead implements ByteSource {
  readonly sizeBytes: number;
  private readonly source: ByteSource;
  private windowStart = 0;
  private window: Buffer = Buffer.alloc(0);

  constructor(source: ByteSource) {
    this.source = source;
    this.sizeBytes = source.sizeBytes;
  }

  stream(startByte: number, endByte: number): Readable {
    return Readable.from(this.read(startByte, endByte), { objectMode: false });
  }

  /** Reads a range that is not larger than the window. */
  async bytes(startByte: number, endByte: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.read(startByte, endByte)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** Like any source, returns less for a range that ends beyond the bytes there are. */
  private async *read(startByte: number, lastByte: number): AsyncGenerator<Buffer> {
    const endByte = Math.min(lastByte, this.sizeBytes);
    for (let at = startByte; at < endByte; ) {
      const isHeld = at >= this.windowStart && at < this.windowStart + this.window.length;
      if (isHeld) {
        const end = Math.min(at + pieceBytes, endByte);
        const held = this.window.subarray(at - this.windowStart, end - this.windowStart);
        yield held;
        at += held.length;
      } else if (endByte - at > windowBytes) {
        yield* this.source.stream(at, endByte);
        return;
      } else await this.fill(at);
    }
  }

  private async fill(startByte: number): Promise<void> {
    const chunks: Buffer[] = [];
    const endByte = Math.min(startByte + windowBytes, this.sizeBytes);
    for await (const chunk of this.source.stream(startByte, endByte)) chunks.push(chunk);
    this.window = Buffer.concat(chunks);
    this.windowStart = startByte;
    if (this.window.length === 0) throw new Error(`The source has no bytes at ${startByte}, and should.`);
  }
}
