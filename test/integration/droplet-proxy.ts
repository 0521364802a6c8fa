import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What the proxy does with a request instead of forwarding it. */
type ProxyFault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** Forwards it, and drops the response. */
  | 'lose-response'
  /** Cuts the connection in the middle of the request's body. */
  | 'cut-body';

interface Passed {
  readonly method: string;
  readonly path: string;
  /** The status of the server behind it; undefined when the request was not forwarded. */
  readonly status: number | undefined;
  readonly body?: string;
}

export interface FaultyProxy {
  readonly apiUrl: string;
  /** All requests, in order: POSTs to the API and PUTs to S3. */
  readonly passed: Passed[];
  /** Called for each request; undefined forwards it. */
  fault: ((method: string, path: string) => ProxyFault | undefined) | undefined;
}

/**
 * A proxy between the droplet and the API and, by rewriting the URLs in the API's responses, S3. It drops responses and
 * simulates overloaded servers. Closed after the test.
 */
export async function startFaultyProxy(apiUrl: string): Promise<FaultyProxy> {
  const proxy: FaultyProxy = { apiUrl: '', passed: [], fault: undefined };
  let s3Url = '';
  const s3 = await listen((request, response) => pass(proxy, s3Url, request, response));
  const api = await listen((request, response) =>
    pass(proxy, apiUrl, request, response, (body) => {
      const grant = JSON.parse(body) as { upload?: { url: string } };
      if (!grant.upload) return body;
      const { origin } = new URL(grant.upload.url);
      s3Url = origin;
      return JSON.stringify({
        ...grant,
        upload: { ...grant.upload, url: grant.upload.url.replace(origin, s3) },
      });
    }),
  );
  return Object.assign(proxy, { apiUrl: api });
}

async function listen(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(listener);
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
  const { expect: _expect, ...headers } = request.headers;
  const onward = httpRequest(
    `${target}${url}`,
    { method, headers: { ...headers, host } },
    async (upstream) => {
      let body = '';
      for await (const chunk of upstream) body += chunk;
      const rewritten = rewrite(body);
      proxy.passed.push({ method, path, status: upstream.statusCode, body: rewritten });
      if (fault === 'lose-response') return request.socket.destroy();
      const { 'content-length': _length, ...upstreamHeaders } = upstream.headers;
      response.writeHead(upstream.statusCode ?? 502, upstreamHeaders).end(rewritten);
    },
  );
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
