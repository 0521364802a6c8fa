import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { messageOf, TemporaryError } from '../errors.ts';

/** A connection without a byte in either direction for this long is dead. The whole request may take any time. */
const idleTimeoutMs = 60_000;
/** A server that does not respond to `Expect: 100-continue` gets the body anyway (RFC 9110, section 10.1.1). */
const continueTimeoutMs = 5_000;
/** Larger bodies wait for the server's 100 (Continue), so that an error response comes before their transfer. */
const expectFromBytes = 1024 ** 2;
const maxResponseBytes = 256 * 1024;

const agents = {
  'http:': new http.Agent({ keepAlive: true }),
  'https:': new https.Agent({ keepAlive: true }),
};

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | { readonly sizeBytes: number; readonly read: () => Readable };
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Sends one request; a body is streamed. A response counts even if it arrives before all of the body was sent.
 * @throws TemporaryError `api-unavailable` when there is no response
 */
export function send({ method, url, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { protocol, host } = new URL(url);
    const secure = protocol === 'https:';
    const fail = (error: unknown): void => {
      reject(
        new TemporaryError('api-unavailable', `${host} did not respond: ${messageOf(error)}.`, {
          cause: error,
        }),
      );
    };
    const waits = typeof body === 'object' && body.sizeBytes >= expectFromBytes;
    const request = (secure ? https : http).request(url, {
      method,
      headers: waits ? { ...headers, expect: '100-continue' } : headers,
      agent: agents[secure ? 'https:' : 'http:'],
      timeout: idleTimeoutMs,
      signal,
    });
    request.on('error', fail);
    request.on('timeout', () => request.destroy(new Error(`it was silent for ${idleTimeoutMs / 1000} s`)));
    request.on('response', (response) => {
      readText(response).then((text) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        if (!request.writableFinished) request.destroy(); // an error response before the end of the body
      }, fail);
    });
    if (typeof body !== 'object') request.end(body);
    else if (waits) onContinue(request, () => stream(request, body.read()));
    else stream(request, body.read());
  });
}

/** Calls `start` once: when the server says to continue, or when it does not respond for a while. */
function onContinue(request: http.ClientRequest, start: () => void): void {
  let timer: NodeJS.Timeout | undefined;
  const once = (next: () => void) => () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    next();
  };
  timer = setTimeout(once(start), continueTimeoutMs);
  request.once('continue', once(start));
  const cancel = once(() => undefined);
  for (const end of ['response', 'close'] as const) request.once(end, cancel);
}

function stream(request: http.ClientRequest, body: Readable): void {
  body.on('error', (error) => request.destroy(error));
  request.on('close', () => body.destroy());
  body.pipe(request);
}

async function readText(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= maxResponseBytes) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
