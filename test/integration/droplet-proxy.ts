import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What the proxy does with a request instead of passing it on. */
type ProxyFault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** Passes it on, and loses the answer. */
  | 'lose-answer'
  /** Cuts the connection in the middle of the request's body. */
  | 'cut-body';

interface Passed {
  readonly method: string;
  readonly path: string;
  /** What the server behind it answered; undefined when it was not asked. */
  readonly status: number | undefined;
  readonly answer?: string;
}

export interface FaultyProxy {
  readonly apiUrl: string;
  /** All that came, in order: POSTs to the API and PUTs to S3. */
  readonly passed: Passed[];
  /** Asked for each request; undefined passes it on. */
  fault: ((method: string, path: string) => ProxyFault | undefined) | undefined;
}

/**
 * Stands between the droplet and the API, and, by changing the URLs in the API's answers, between it and S3 too: where
 * answers are lost and servers are overloaded. Gone after the test.
 */
export async function startFaultyProxy(apiUrl: string): Promise<FaultyProxy> {
  const proxy: FaultyProxy = { apiUrl: '', passed: [], fault: undefined };
  let s3Url = '';
  const s3 = await listen((request, response) => pass(proxy, s3Url, request, response));
  const api = await listen((request, response) =>
    pass(proxy, apiUrl, request, response, (body) => {
      const answer = JSON.parse(body) as { upload?: { url: string } };
      if (!answer.upload) return body;
      const { origin } = new URL(answer.upload.url);
      s3Url = origin;
      return JSON.stringify({
        ...answer,
        upload: { ...answer.upload, url: answer.upload.url.replace(origin, s3) },
      });
    }),
  );
  return Object.assign(proxy, { apiUrl: api });
}

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function pass(
  proxy: FaultyProxy,
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
  rewrite: (body: string) => string = (body) => body,
): void {
  const { method = '', url = '' } = request;
  const path = url.replace(/\?.*/, '');
  const fault = proxy.fault?.(method, path);
  if (fault === 'cut-body') {
    proxy.passed.push({ method, path, status: undefined });
    request.once('data', () => request.socket.destroy());
    return;
  }
  if (typeof fault === 'object') {
    proxy.passed.push({ method, path, status: undefined });
    request.resume().once('end', () => response.writeHead(fault.status, fault.headers).end(fault.body));
    return;
  }
  const { host } = new URL(target);
  const { expect: _answered, ...headers } = request.headers;
  const onward = httpRequest(`${target}${url}`, { method, headers: { ...headers, host } }, async (answer) => {
    let body = '';
    for await (const chunk of answer) body += chunk;
    const rewritten = rewrite(body);
    proxy.passed.push({ method, path, status: answer.statusCode, answer: rewritten });
    if (fault === 'lose-answer') return request.socket.destroy();
    const { 'content-length': _length, ...answered } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, answered).end(rewritten);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
