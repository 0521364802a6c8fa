import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Credentials } from '../iam/credentials.ts';
import { percentEncode } from './encoding.ts';
import { accessDenied, invalidArgument, invalidRequest, S3Error } from './errors.ts';
import type { S3Request } from './request.ts';

/** The parts of a request that its signature covers. */
export interface SignedRequest
  extends Pick<S3Request, 'method' | 'rawPath' | 'queryPairs' | 'query' | 'headers'> {
  /** In hex, for a service whose clients do not send it as a header. */
  readonly bodySha256?: string;
}

/** What a signature is checked against. */
export interface SigningScope {
  readonly service: string;
  readonly region: string;
  readonly nowMs: number;
  /** The keys with this id; undefined if there are none. */
  credentialsOf(accessKeyId: string): Credentials | undefined;
}

/** What a valid signature says about the request, and what its body's own signatures continue from. */
export interface SignedAs {
  /** Whose keys signed it. */
  readonly accessKeyId: string;
  /** `UNSIGNED-PAYLOAD`, `STREAMING-…`, or the body's SHA-256 in hex. */
  readonly payload: string;
  /** The request's signature in hex: the first link of the chain that signs an aws-chunked body. */
  readonly signature: string;
  readonly signingKey: Buffer;
  /** `20240229T235959Z` */
  readonly timestamp: string;
  /** `20240229/us-east-1/s3/aws4_request` */
  readonly scope: string;
}

/** A claim to a signature, as found in the Authorization header or in the query of a presigned URL. */
interface Claim {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly terminator: string;
  readonly timestamp: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly payload: string;
}

const algorithm = 'AWS4-HMAC-SHA256';
const maxSkewMs = 15 * 60_000;
const maxExpiresSeconds = 7 * 24 * 3600;

/**
 * Checks a request's Signature Version 4 as AWS does: time, region, key, and that everything S3 acts on is signed; then signs what
 * arrived and compares. Never reads the body.
 * @throws S3Error with S3's response
 */
export function verifySignature(request: SignedRequest, scopeOf: SigningScope): SignedAs {
  const { nowMs } = scopeOf;
  const inHeader = request.headers.has('authorization');
  const inQuery = request.query.has('X-Amz-Algorithm') || request.query.has('X-Amz-Signature');
  if (!inHeader && !inQuery) throw accessDenied();
  if (inHeader && inQuery) {
    throw invalidRequest(
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the Authorization header should be specified',
    );
  }
  const claim = inHeader ? claimInHeader(request, nowMs) : claimInQuery(request, nowMs);
  checkScope(claim, scopeOf);
  const credentials = scopeOf.credentialsOf(claim.accessKeyId);
  if (!credentials) {
    const message = 'The AWS Access Key Id you provided does not exist in our records.';
    throw new S3Error(403, 'InvalidAccessKeyId', message, { AWSAccessKeyId: claim.accessKeyId });
  }
  checkSignedHeaders(request, claim);
  const scope = `${claim.date}/${claim.region}/${claim.service}/${claim.terminator}`;
  const signingKey = [claim.region, claim.service, claim.terminator].reduce(
    (key, part) => hmac(key, part),
    hmac(`AWS4${credentials.secretAccessKey}`, claim.date),
  );
  const canonical = canonicalRequest(request, claim);
  const stringToSign = [algorithm, claim.timestamp, scope, sha256(Buffer.from(canonical, 'latin1'))].join(
    '\n',
  );
  const expected = hmac(signingKey, stringToSign);
  const given = Buffer.from(/^[0-9a-f]{64}$/.test(claim.signature) ? claim.signature : '', 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw signatureDoesNotMatch(canonical, stringToSign);
  }
  return {
    accessKeyId: claim.accessKeyId,
    payload: claim.payload,
    signature: claim.signature,
    signingKey,
    timestamp: claim.timestamp,
    scope,
  };
}

/** 403 SignatureDoesNotMatch, with what the server signed, so that a client's author can compare. */
export function signatureDoesNotMatch(canonical: string, stringToSign: string): S3Error {
  const message =
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.';
  return new S3Error(403, 'SignatureDoesNotMatch', message, {
    StringToSign: stringToSign,
    CanonicalRequest: canonical,
  });
}

function claimInHeader(request: SignedRequest, nowMs: number): Claim {
  const header = request.headers.get('authorization') ?? '';
  if (!header.startsWith(`${algorithm} `)) {
    throw invalidRequest(
      `The authorization mechanism you have provided is not supported. Please use ${algorithm}.`,
    );
  }
  const fields = new Map(
    header
      .slice(algorithm.length)
      .split(',')
      .map((field) => field.trim().split('=', 2) as [string, string]),
  );
  const timestamp = request.headers.get('x-amz-date') ?? '';
  const timeMs = parseTimestamp(timestamp);
  if (timeMs === undefined)
    throw accessDenied('AWS authentication requires a valid Date or x-amz-date header');
  if (Math.abs(nowMs - timeMs) > maxSkewMs) {
    const message = 'The difference between the request time and the current time is too large.';
    throw new S3Error(403, 'RequestTimeTooSkewed', message, {
      RequestTime: timestamp,
      ServerTime: new Date(nowMs).toISOString(),
      MaxAllowedSkewMilliseconds: String(maxSkewMs),
    });
  }
  const payload = request.headers.get('x-amz-content-sha256') ?? request.bodySha256;
  if (payload === undefined)
    throw invalidRequest('Missing required header for this request: x-amz-content-sha256');
  const malformed = (message: string) => new S3Error(400, 'AuthorizationHeaderMalformed', message);
  return {
    ...parseCredential(fields.get('Credential'), malformed),
    timestamp,
    signedHeaders: parseSignedHeaders(fields.get('SignedHeaders'), malformed),
    signature: fields.get('Signature') ?? '',
    payload: checkPayload(payload),
  };
}

function claimInQuery(request: SignedRequest, nowMs: number): Claim {
  const malformed = (message: string) => new S3Error(400, 'AuthorizationQueryParametersError', message);
  const { query } = request;
  if (query.get('X-Amz-Algorithm') !== algorithm) {
    throw malformed(`X-Amz-Algorithm only supports "${algorithm}"`);
  }
  const timestamp = query.get('X-Amz-Date') ?? '';
  const signedMs = parseTimestamp(timestamp);
  if (signedMs === undefined)
    throw malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  const expires = query.get('X-Amz-Expires') ?? '';
  if (!/^\d{1,9}$/.test(expires)) throw malformed('X-Amz-Expires should be a number');
  if (Number(expires) > maxExpiresSeconds) {
    throw malformed(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    );
  }
  const expiresMs = signedMs + Number(expires) * 1000;
  if (signedMs > nowMs + maxSkewMs) throw accessDenied('Request is not valid yet');
  if (nowMs > expiresMs) {
    throw accessDenied('Request has expired', {
      'X-Amz-Expires': expires,
      Expires: new Date(expiresMs).toISOString(),
      ServerTime: new Date(nowMs).toISOString(),
    });
  }
  const payload =
    request.headers.get('x-amz-content-sha256') ?? query.get('X-Amz-Content-Sha256') ?? request.bodySha256;
  return {
    ...parseCredential(query.get('X-Amz-Credential'), malformed),
    timestamp,
    signedHeaders: parseSignedHeaders(query.get('X-Amz-SignedHeaders'), malformed),
    signature: query.get('X-Amz-Signature') ?? '',
    payload: checkPayload(payload ?? 'UNSIGNED-PAYLOAD'),
  };
}

function parseCredential(credential: string | undefined, malformed: (message: string) => S3Error) {
  const [terminator = '', service = '', region = '', date = '', ...key] = (credential ?? '')
    .split('/')
    .reverse();
  if (key.length === 0 || !/^\d{8}$/.test(date)) {
    throw malformed(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  return { accessKeyId: key.reverse().join('/'), date, region, service, terminator };
}

function parseSignedHeaders(list: string | undefined, malformed: (message: string) => S3Error): string[] {
  const names = (list ?? '').toLowerCase().split(';');
  if (!names.includes('host')) throw malformed("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  return names;
}

const streamingPayloads = [
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
];

function checkPayload(payload: string): string {
  const known = payload === 'UNSIGNED-PAYLOAD' || streamingPayloads.includes(payload);
  if (known || /^[0-9a-f]{64}$/.test(payload)) return payload;
  const message =
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, one of the supported STREAMING-… values, or a valid sha256 value.';
  throw invalidArgument(message, 'x-amz-content-sha256', payload);
}

function checkScope(claim: Claim, { region, service }: SigningScope): void {
  const wrong = (message: string, details?: Record<string, string>) =>
    new S3Error(400, 'AuthorizationHeaderMalformed', message, details);
  if (claim.region !== region) {
    throw wrong(
      `The authorization header is malformed; the region '${claim.region}' is wrong; expecting '${region}'`,
      {
        Region: region,
      },
    );
  }
  if (claim.service !== service || claim.terminator !== 'aws4_request') {
    throw wrong(
      `The authorization header is malformed; incorrect service or terminator. Expecting "${service}", "aws4_request".`,
    );
  }
  if (!claim.timestamp.startsWith(claim.date)) {
    throw wrong('Invalid credential date. It must be the date of the request.');
  }
}

/** What is signed must be there; what S3 acts on by its `x-amz-` name must be signed. */
function checkSignedHeaders(request: SignedRequest, claim: Claim): void {
  const missing = claim.signedHeaders.filter((name) => !request.headers.has(name));
  if (missing.length > 0) {
    const message = `The request signature covers headers that were not sent: ${missing.join(', ')}.`;
    throw new S3Error(403, 'SignatureDoesNotMatch', message, { HeadersMissing: missing.join(', ') });
  }
  const unsigned = [...request.headers.keys()].filter(
    (name) => name.startsWith('x-amz-') && !claim.signedHeaders.includes(name),
  );
  if (unsigned.length > 0) {
    throw accessDenied('There were headers present in the request which were not signed', {
      HeadersNotSigned: unsigned.join(', '),
    });
  }
}

function canonicalRequest(request: SignedRequest, claim: Claim): string {
  const path = request.rawPath
    .split('/')
    .map((part) => percentEncode(decodeURIComponent(part)))
    .join('/');
  const query = request.queryPairs
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort(byNameThenValue)
    .join('&');
  const headers = claim.signedHeaders.map((name) => {
    const value = request.headers.get(name) ?? '';
    return `${name}:${value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')}\n`;
  });
  const names = claim.signedHeaders.join(';');
  return [request.method, path, query, headers.join(''), names, claim.payload].join('\n');
}

/** `a=` sorts before `a-b=`: names are compared first, on their own. */
function byNameThenValue(a: string, b: string): number {
  const [nameA = '', nameB = ''] = [a.split('=', 1)[0], b.split('=', 1)[0]];
  if (nameA !== nameB) return nameA < nameB ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function parseTimestamp(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
