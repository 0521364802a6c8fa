import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Inject } from './inject.ts';
import type { Step } from './steps.ts';

export interface HttpProxyOptions {
  readonly target: string;
  /** Whether bodies are small enough to be read whole, for `stepOf` to see. */
  readonly buffersBodies: boolean;
  readonly stepOf: (incoming: IncomingMessage, body: string) => Step | undefined;
  readonly inject: Inject;
}

export interface HttpProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** Forwards requests unchanged (including the Host header, which is signed), and injects faults into them. */
export async function startHttpProxy(options: HttpProxyOptions): Promise<HttpProxy> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer({ requestTimeout: 0 }, (incoming, response) => {
    pass(options, agent, incoming, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

async function pass(
  { target, buffersBodies, stepOf, inject }: HttpProxyOptions,
  agent: Agent,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = buffersBodies ? await buffer(incoming) : undefined;
  const step = stepOf(incoming, body?.toString() ?? '');
  const { remotePort = 0 } = incoming.socket;
  if (step && (await inject(step, 'before', remotePort)) !== 'go on') {
    response.destroy();
    return;
  }
  const { hostname, port } = new URL(target);
  const outgoing = request({
    agent,
    hostname,
    port,
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    headers: incoming.rawHeaders,
  });
  response.on('close', () => outgoing.destroy());
  if (body) outgoing.end(body);
  else incoming.pipe(outgoing);
  const [upstream] = (await once(outgoing, 'response')) as [IncomingMessage];
  if (step && (await inject(step, 'after', remotePort)) !== 'go on') {
    upstream.destroy();
    response.destroy();
    return;
  }
  response.writeHead(upstream.statusCode ?? 502, upstream.rawHeaders);
  // A truncated response must be truncated here too.
  upstream.on('error', () => response.destroy());
  upstream.on('aborted', () => response.destroy());
  upstream.pipe(response);
}
