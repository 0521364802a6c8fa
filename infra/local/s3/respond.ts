import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3EventRecord } from 'aws-lambda';
import { AccessDeniedError } from '../iam/access-denied-error.ts';
import type { Authority } from '../iam/authority.ts';
import { existenceIntents, s3Intents } from '../iam/s3-intents.ts';
import type { Intent } from '../iam/service-gate.ts';
import { RequestBody } from './body.ts';
import type { Reply } from './call.ts';
import { corsHeaders, preflightHeaders } from './cors.ts';
import { accessDenied, S3Error } from './errors.ts';
import { createdEvent } from './events.ts';
import type { FaultTarget, S3Faults } from './faults.ts';
import { parseRequest, type S3Request } from './request.ts';
import { findRoute } from './routes.ts';
import { type SignedAs, verifySignature } from './signature.ts';
import type { Store } from './store.ts';
import { errorDocument } from './xml.ts';

/** What handling a request needs from the server. */
export interface Serving {
  readonly store: Store;
  readonly faults: S3Faults;
  readonly region: string;
  readonly authority: Authority;
  readonly onEvent: (event: S3EventRecord) => void;
}

/** Responds to one HTTP request. Never rejects: an error becomes S3's error document, or a closed connection. */
export async function respond(
  serving: Serving,
  [incoming, response]: [IncomingMessage, ServerResponse],
): Promise<void> {
  const requestId = randomBytes(8).toString('hex').toUpperCase();
  response.setHeader('x-amz-request-id', requestId);
  response.setHeader('server', 'AmazonS3');
  try {
    const request = parseRequest(incoming);
    for (const [name, value] of Object.entries(corsHeaders(request))) response.setHeader(name, value);
    await send(response, request.method, await perform(serving, request, response, requestId));
  } catch (error) {
    if (incoming.errored || response.headersSent || response.destroyed) {
      response.destroy(); // the client has disconnected, or has part of an object that must not look complete
    } else {
      sendError(response, incoming, error, requestId);
    }
  } finally {
    incoming.resume(); // discards the rest of a rejected body, so that the connection can serve the next request
  }
}

/** A reply, and the number of bytes of its body after which a fault closes the connection. */
type FaultyReply = Reply & { readonly cutAfterBytes?: number };

async function perform(
  serving: Serving,
  request: S3Request,
  response: ServerResponse,
  requestId: string,
): Promise<FaultyReply> {
  if (request.method === 'OPTIONS') {
    const headers = preflightHeaders(request);
    if (headers) return { status: 200, headers: { ...headers, 'content-length': '0' } };
    throw new S3Error(403, 'AccessForbidden', 'CORSResponse: This CORS request is not allowed.');
  }
  const { store, region, authority, faults } = serving;
  const signedAs = identify(serving, request);
  const { accessKeyId } = signedAs;
  const operation = findRoute(request);
  authorize(authority, accessKeyId, s3Intents(operation.name, request));
  const { method, bucket, key } = request;
  const target: FaultTarget = { method, bucket, key, operation: operation.name };
  const delay = faults.take('delay', target);
  if (delay) await sleep(delay.delayMs);
  if (faults.take('slow-down', target)) {
    throw new S3Error(503, 'SlowDown', 'Please reduce your request rate.');
  }
  const run = () =>
    operation.run({
      request,
      body: new RequestBody(request, signedAs, response),
      store,
      region,
      authorize: (intents) => authorize(authority, accessKeyId, intents),
      notify: (by, bucket, version) => {
        const sourceIpAddress = request.incoming.socket.remoteAddress ?? '';
        serving.onEvent(
          createdEvent(by, bucket, version, { region, accessKeyId, requestId, sourceIpAddress }),
        );
      },
    });
  const reply = await hidingAbsence(run, () => authorize(authority, accessKeyId, existenceIntents(request)));
  if (typeof reply.body !== 'object') return reply;
  const sizeBytes = Number(reply.headers?.['content-length']);
  const cut = faults.take('cut-body', target, ({ afterBytes }) => afterBytes < sizeBytes);
  return cut ? { ...reply, cutAfterBytes: cut.afterBytes } : reply;
}

/** @throws S3Error if the signer is unknown, or what was signed differs from what arrived */
function identify({ region, authority }: Serving, request: S3Request): SignedAs {
  const credentialsOf = (accessKeyId: string) => authority.credentialsOf(accessKeyId);
  return verifySignature(request, { service: 's3', region, nowMs: Date.now(), credentialsOf });
}

/** @throws S3Error with S3's 403, if a policy does not allow it */
function authorize(authority: Authority, accessKeyId: string, intents: readonly Intent[]): void {
  try {
    for (const { action, resource } of intents) authority.authorize(accessKeyId, action, resource);
  } catch (error) {
    throw error instanceof AccessDeniedError ? accessDenied(error.message) : error;
  }
}

/** A caller without the right to list gets 403 in place of 404, so that it cannot learn that an object is missing. */
async function hidingAbsence<T>(run: () => T | Promise<T>, mayKnow: () => void): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof S3Error && ['NoSuchKey', 'NoSuchVersion'].includes(error.code)) mayKnow();
    throw error;
  }
}

async function send(response: ServerResponse, method: string, reply: FaultyReply): Promise<void> {
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  const { body, cutAfterBytes } = reply;
  if (typeof body === 'string') response.setHeader('content-length', Buffer.byteLength(body));
  response.writeHead(reply.status);
  if (method === 'HEAD' || typeof body !== 'object') {
    response.end(method === 'HEAD' ? undefined : body);
  } else if (cutAfterBytes === undefined) {
    await pipeline(Readable.from(body, { objectMode: false }), response);
  } else {
    await pipeline(Readable.from(firstBytes(body, cutAfterBytes), { objectMode: false }), response, {
      end: false,
    });
    response.socket?.end(); // after the written bytes: the client gets exactly that many
  }
}

async function* firstBytes(body: AsyncIterable<Buffer>, sizeBytes: number): AsyncGenerator<Buffer> {
  let left = sizeBytes;
  if (left === 0) return;
  for await (const bytes of body) {
    yield bytes.subarray(0, left);
    left -= bytes.length;
    if (left <= 0) return;
  }
}

function sendError(
  response: ServerResponse,
  incoming: IncomingMessage,
  error: unknown,
  requestId: string,
): void {
  if (!(error instanceof S3Error)) console.error('local S3:', error);
  const { status, code, message, details, headers } =
    error instanceof S3Error
      ? error
      : new S3Error(500, 'InternalError', 'We encountered an internal error. Please try again.');
  const document = errorDocument({
    Code: code,
    Message: message,
    ...details,
    Resource: incoming.url?.split('?', 1)[0] ?? '',
    RequestId: requestId,
    HostId: 'local',
  });
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(document),
  });
  response.end(incoming.method === 'HEAD' ? undefined : document);
}
