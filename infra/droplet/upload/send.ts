import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { messageOf, TemporaryError } from '../errors.ts';

/** No byte in either direction for so long is a connection that is gone; how long all of it takes is nobody's limit. */
const idleTimeoutMs = 60_000;
/** A server that says nothing to `Expect: 100-continue` gets the body anyway (RFC 9110, 10.1.1). */
const continueTimeoutMs = 5_000;
/** Bodies from here on wait for the server's go-ahead, so that a refusal does not cost their transfer. */
const expectFromBytes = 1024 ** 2;
const maxAnswerBytes = 256 * 1024;

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

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Sends one request; a body is streamed. The answer counts even if it comes before all of the body was sent.
 * @throws TemporaryError `api-unavailable` when there is no answer
 */
export function send({ method, url, headers, body, signal }: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { protocol, host } = new URL(url);
    const secure = protocol === 'https:';
    const fail = (error: unknown): void => {
      reject(
        new TemporaryError('api-unavailable', `${host} did not answer: ${messageOf(error)}.`, {
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
    request.on('timeout', () => request.destroy(new Error(`silence for ${idleTimeoutMs / 1000} s`)));
    request.on('response', (response) => {
      readText(response).then((text) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        if (!request.writableFinished) request.destroy(); // it has refused before it had everything
      }, fail);
    });
    if (typeof body !== 'object') request.end(body);
    else if (waits) whenExpected(request, () => stream(request, body.read()));
    else stream(request, body.read());
  });
}

/** Calls once: when the server says to go on, or when it says nothing. */
function whenExpected(request: http.ClientRequest, start: () => void): void {
  let timer: NodeJS.Timeout | undefined;
  const settle = (next: () => void) => () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    next();
  };
  timer = setTimeout(settle(start), continueTimeoutMs);
  request.once('continue', settle(start));
  for (const end of ['response', 'close'] as const)
    request.once(
      end,
      settle(() => undefined),
    );
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
    if (length <= maxAnswerBytes) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
