import { createHash, type Hash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import {
  type ChecksumAlgorithm,
  type Checksums,
  checksumAlgorithms,
  type RunningChecksum,
  startChecksum,
} from './checksums.ts';
import { decodeChunked, incompleteBody, type Trailers } from './chunked.ts';
import { invalidRequest, S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import type { SignedAs } from './signature.ts';

const maxObjectBytes = 5 * 1024 ** 3;

/** A body's size and checksums, known once all of it was read and everything the request says of it was verified. */
export interface VerifiedBytes {
  readonly sizeBytes: number;
  readonly md5: Buffer;
  /** Base64 by algorithm: the checksum the client sent, or the one asked for with `computing`. */
  readonly checksums: Checksums;
}

/**
 * A request's body: its bytes as they arrive and, after the last one, the verification result. If the body is not what the
 * request says, the iteration throws, and a reader that stores the bytes must discard them.
 */
export class RequestBody {
  private readonly request: S3Request;
  private readonly signedAs: SignedAs;
  private readonly response: ServerResponse;
  private verified: VerifiedBytes | undefined;

  constructor(request: S3Request, signedAs: SignedAs, response: ServerResponse) {
    this.request = request;
    this.signedAs = signedAs;
    this.response = response;
  }

  get verdict(): VerifiedBytes {
    if (!this.verified) throw new Error('the body was not read to its end');
    return this.verified;
  }

  /**
   * Streams the decoded bytes. Throws `EntityTooLarge`, `MissingContentLength`, `IncompleteBody`, `BadDigest`,
   * `InvalidDigest`, `XAmzContentSHA256Mismatch`, `SignatureDoesNotMatch` and S3's other errors about bodies.
   */
  async *bytes(computing?: ChecksumAlgorithm, maxBytes = maxObjectBytes): AsyncGenerator<Buffer> {
    const { headers, incoming } = this.request;
    const streaming = this.signedAs.payload.startsWith('STREAMING-');
    const expectedBytes = declaredLength(headers, streaming);
    if (expectedBytes > maxBytes) {
      const message = 'Your proposed upload exceeds the maximum allowed size';
      throw new S3Error(400, 'EntityTooLarge', message, {
        ProposedSize: String(expectedBytes),
        MaxSizeAllowed: String(maxBytes),
      });
    }
    const claims = new BodyClaims(headers, this.signedAs.payload, computing);
    const trailers: Trailers = new Map();
    // Only now may a client that waits for "100 Continue" send the body: everything before it has been checked.
    if (headers.get('expect')?.toLowerCase() === '100-continue') this.response.writeContinue();
    // Stopping early must not destroy the connection: the response is still to be sent on it.
    const wire: AsyncIterable<Buffer> = incoming.iterator({ destroyOnReturn: false });
    let sizeBytes = 0;
    for await (const bytes of streaming ? decodeChunked(wire, this.signedAs, trailers) : wire) {
      sizeBytes += bytes.length;
      if (sizeBytes > expectedBytes) throw incompleteBody();
      claims.update(bytes);
      yield bytes;
    }
    // A connection destroyed at the body's end: the declared bytes were followed by something that is not HTTP, so more were sent.
    if (sizeBytes !== expectedBytes || incoming.socket.destroyed) throw incompleteBody();
    this.verified = { sizeBytes, ...claims.verify(trailers) };
  }

  /** The whole body as text, for the small XML documents; at most `maxBytes`. */
  async text(maxBytes: number): Promise<string> {
    const pieces: Buffer[] = [];
    for await (const bytes of this.bytes(undefined, maxBytes)) pieces.push(bytes);
    return Buffer.concat(pieces).toString('utf8');
  }
}

function declaredLength(headers: ReadonlyMap<string, string>, streaming: boolean): number {
  const text = headers.get(streaming ? 'x-amz-decoded-content-length' : 'content-length');
  if (text === undefined) {
    throw new S3Error(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  if (!/^\d{1,15}$/.test(text)) throw invalidRequest('The content length is not a number.');
  return Number(text);
}

/** Checks everything that a request says of its body, as the bytes arrive. */
class BodyClaims {
  private readonly headers: ReadonlyMap<string, string>;
  private readonly md5 = createHash('md5');
  private readonly payloadSha256: { expected: string; hash: Hash } | undefined;
  private readonly checksum: { algorithm: ChecksumAlgorithm; running: RunningChecksum } | undefined;
  private readonly declaredTrailer: string | undefined;

  constructor(
    headers: ReadonlyMap<string, string>,
    payload: string,
    computing: ChecksumAlgorithm | undefined,
  ) {
    this.headers = headers;
    this.declaredTrailer = headers.get('x-amz-trailer')?.trim().toLowerCase();
    if (/^[0-9a-f]{64}$/.test(payload))
      this.payloadSha256 = { expected: payload, hash: createHash('sha256') };
    const algorithm = claimedAlgorithm(headers, this.declaredTrailer) ?? computing;
    if (algorithm) this.checksum = { algorithm, running: startChecksum(algorithm) };
    const contentMd5 = headers.get('content-md5');
    if (contentMd5 !== undefined && Buffer.from(contentMd5, 'base64').length !== 16) {
      throw new S3Error(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.');
    }
  }

  update(bytes: Buffer): void {
    this.md5.update(bytes);
    this.payloadSha256?.hash.update(bytes);
    this.checksum?.running.update(bytes);
  }

  verify(trailers: Trailers): { md5: Buffer; checksums: Checksums } {
    const sha256 = this.payloadSha256?.hash.digest('hex');
    if (sha256 !== this.payloadSha256?.expected) {
      const message = 'The provided x-amz-content-sha256 header does not match what was computed.';
      throw new S3Error(400, 'XAmzContentSHA256Mismatch', message, {
        ClientComputedContentSHA256: this.payloadSha256?.expected ?? '',
        S3ComputedContentSHA256: sha256 ?? '',
      });
    }
    const md5 = this.md5.digest();
    const contentMd5 = this.headers.get('content-md5');
    if (contentMd5 !== undefined && contentMd5 !== md5.toString('base64')) {
      throw badDigest('Content-MD5', contentMd5, md5.toString('base64'));
    }
    return { md5, checksums: this.verifyChecksum(trailers) };
  }

  private verifyChecksum(trailers: Trailers): Checksums {
    for (const name of trailers.keys()) {
      if (name !== this.declaredTrailer) throw undeclaredTrailer();
    }
    if (this.declaredTrailer !== undefined && !trailers.has(this.declaredTrailer)) throw undeclaredTrailer();
    if (!this.checksum) return {};
    const { algorithm, running } = this.checksum;
    const computed = running.digest().toString('base64');
    const name = `x-amz-checksum-${algorithm}`;
    const claimed = this.headers.get(name) ?? trailers.get(name);
    if (claimed !== undefined && claimed !== computed) {
      if (Buffer.from(claimed, 'base64').length !== Buffer.from(computed, 'base64').length) {
        throw invalidRequest(`Value for ${name} header is invalid.`);
      }
      throw badDigest(algorithm.toUpperCase(), claimed, computed);
    }
    return { [algorithm]: computed };
  }
}

/** The one checksum that a request declares, in a header or as a trailer. */
function claimedAlgorithm(
  headers: ReadonlyMap<string, string>,
  declaredTrailer: string | undefined,
): ChecksumAlgorithm | undefined {
  const found = checksumAlgorithms.filter(
    (algorithm) =>
      headers.has(`x-amz-checksum-${algorithm}`) || declaredTrailer === `x-amz-checksum-${algorithm}`,
  );
  if (found.length > 1) {
    throw invalidRequest(
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  if (declaredTrailer !== undefined && found.length === 0) {
    throw invalidRequest('The value specified in the x-amz-trailer header is not supported');
  }
  return found[0];
}

function badDigest(what: string, expected: string, calculated: string): S3Error {
  return new S3Error(400, 'BadDigest', `The ${what} you specified did not match what we received.`, {
    ExpectedDigest: expected,
    CalculatedDigest: calculated,
  });
}

function undeclaredTrailer(): S3Error {
  return new S3Error(
    400,
    'MalformedTrailerError',
    'The trailers of the body are not those that x-amz-trailer declared',
  );
}
