import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { S3Error } from './errors.ts';
import { type SignedAs, signatureDoesNotMatch } from './signature.ts';

/** What follows the last chunk: checksum headers whose values were not known before the body was sent. */
export type Trailers = Map<string, string>;

/**
 * Decodes an aws-chunked body (`hex-length[;chunk-signature=…]CRLF data CRLF … 0CRLF trailers CRLF`) as it arrives and
 * verifies the signature of each chunk and of the trailers when `signedAs` says that there are some. A chunk is
 * yielded before its signature is verified: a caller that stores the bytes must discard them when this throws.
 * Fills `trailers`. Throws `SignatureDoesNotMatch`, `IncompleteBody` or `MalformedTrailerError`.
 */
export async function* decodeChunked(
  encoded: AsyncIterable<Buffer>,
  signedAs: SignedAs,
  trailers: Trailers,
): AsyncGenerator<Buffer> {
  const input = new ByteReader(encoded);
  const chain = signedAs.payload.includes('HMAC') ? new SignatureChain(signedAs) : undefined;
  try {
    for (;;) {
      const { sizeBytes, signature } = parseChunkHeader(await input.line());
      const hash = createHash('sha256');
      for await (const bytes of input.take(sizeBytes)) {
        if (chain) hash.update(bytes);
        yield bytes;
      }
      chain?.verifyChunk(hash.digest('hex'), signature);
      if (sizeBytes === 0) break;
      if ((await input.line()) !== '') throw incompleteBody();
    }
    await readTrailers(input, signedAs, trailers, chain);
  } finally {
    await input.release();
  }
}

async function readTrailers(
  input: ByteReader,
  signedAs: SignedAs,
  trailers: Trailers,
  chain: SignatureChain | undefined,
): Promise<void> {
  const expected = signedAs.payload.endsWith('-TRAILER');
  let signed = '';
  let signature: string | undefined;
  for (let line = await input.lastLine(); line !== undefined; line = await input.lastLine()) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (!expected || colon < 1 || trailers.size > 20) throw malformedTrailer();
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'x-amz-trailer-signature') {
      signature = value;
    } else {
      trailers.set(name, value);
      signed += `${name}:${value}\n`;
    }
  }
  if (chain && expected) chain.verifyTrailers(createHash('sha256').update(signed).digest('hex'), signature);
}

function parseChunkHeader(line: string) {
  const match = /^([0-9a-fA-F]{1,10})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  if (!match) throw incompleteBody();
  return { sizeBytes: Number.parseInt(match[1] ?? '', 16), signature: match[2] };
}

/** Each chunk's signature covers that of the previous chunk, the first that of the request: none can be omitted or swapped. */
class SignatureChain {
  private readonly signedAs: SignedAs;
  private previous: string;

  constructor(signedAs: SignedAs) {
    this.signedAs = signedAs;
    this.previous = signedAs.signature;
  }

  verifyChunk(sha256: string, signature: string | undefined): void {
    this.verify('AWS4-HMAC-SHA256-PAYLOAD', [createHash('sha256').digest('hex'), sha256], signature);
  }

  verifyTrailers(sha256: string, signature: string | undefined): void {
    this.verify('AWS4-HMAC-SHA256-TRAILER', [sha256], signature);
  }

  private verify(algorithm: string, hashes: string[], signature: string | undefined): void {
    const { timestamp, scope, signingKey } = this.signedAs;
    const stringToSign = [algorithm, timestamp, scope, this.previous, ...hashes].join('\n');
    const expected = createHmac('sha256', signingKey).update(stringToSign).digest();
    const given = Buffer.from(signature ?? '', 'hex');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw signatureDoesNotMatch('', stringToSign);
    }
    this.previous = expected.toString('hex');
  }
}

const maxLineBytes = 8192;

/** Reads lines and counted bytes from a stream of buffers without holding more than one of them and a line. */
class ByteReader {
  private readonly source: AsyncIterator<Buffer>;
  private buffered: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** Closes the stream, at any position. */
  async release(): Promise<void> {
    await this.source.return?.();
  }

  /** The next line without its CRLF; throws when the stream ends first. */
  async line(): Promise<string> {
    const line = await this.lastLine();
    if (line === undefined) throw incompleteBody();
    return line;
  }

  /** The next line, or undefined when nothing is left. */
  async lastLine(): Promise<string | undefined> {
    for (;;) {
      const end = this.buffered.indexOf('\r\n');
      if (end >= 0) {
        const line = this.buffered.toString('latin1', 0, end);
        this.buffered = this.buffered.subarray(end + 2);
        return line;
      }
      if (this.buffered.length > maxLineBytes) throw incompleteBody();
      const { value, done } = await this.source.next();
      if (done) {
        if (this.buffered.length > 0) throw incompleteBody();
        return undefined;
      }
      this.buffered = Buffer.concat([this.buffered, value]);
    }
  }

  /** Exactly `sizeBytes` of the stream, in the pieces they come in. */
  async *take(sizeBytes: number): AsyncGenerator<Buffer> {
    let left = sizeBytes;
    while (left > 0) {
      if (this.buffered.length === 0) {
        const { value, done } = await this.source.next();
        if (done) throw incompleteBody();
        this.buffered = value;
      }
      const piece = this.buffered.subarray(0, left);
      this.buffered = this.buffered.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }
}

/** 400 IncompleteBody: the body ended early, went on too long, or was not framed as declared. */
export function incompleteBody(): S3Error {
  return new S3Error(
    400,
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
  );
}

function malformedTrailer(): S3Error {
  return new S3Error(
    400,
    'MalformedTrailerError',
    'The request contained trailing data that was not well-formed',
  );
}
