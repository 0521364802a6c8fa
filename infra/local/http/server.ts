import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { InvocationResult } from '../lambda/protocol.ts';
import type { CorsDescription, RouteDescription } from '../template/description.ts';
import { authorize } from './authorize.ts';
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts';
import { eventOf } from './event.ts';
import { errorResponse, type HttpResponse, responseOf } from './response.ts';
import { Router } from './router.ts';

interface HttpApi {
  readonly routes: readonly RouteDescription[];
  readonly cors: CorsDescription | undefined;
  /** Invokes a function, named by logical id, and waits for it. */
  readonly invoke: (functionId: string, payload: unknown) => Promise<InvocationResult>;
}

export interface HttpServer {
  readonly url: string;
  /** Starts to serve requests; until then every request waits. */
  serve(api: HttpApi): void;
  close(): Promise<void>;
}

const maxBodyBytes = 10 * 1024 * 1024; // API Gateway's limit

/**
 * Listens on the loopback interface, before the routes are known: so a taken port is found at once.
 * @param port 0 for a free one
 * @throws the listen error, with code EADDRINUSE when the port is taken
 */
export async function startHttpServer(port: number): Promise<HttpServer> {
  const serving = Promise.withResolvers<(request: IncomingMessage) => Promise<HttpResponse>>();
  const server = createServer((request, response) => {
    serving.promise
      .then((handle) => handle(request))
      .then((result) => send(response, result))
      .catch((error: unknown) => {
        console.error(`${request.method} ${request.url}:`, error);
        response.destroy();
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (api) => serving.resolve(handlerOf(api)),
    close: () => close(server),
  };
}

function handlerOf(api: HttpApi): (request: IncomingMessage) => Promise<HttpResponse> {
  const router = new Router(api.routes);
  const { cors } = api;
  return async (request) => {
    if (cors && isPreflight(cors, request)) {
      return { status: 204, headers: preflightHeaders(cors, request), body: Buffer.alloc(0) };
    }
    const response = await route(api, router, request);
    return { ...response, headers: { ...response.headers, ...corsHeaders(cors, request) } };
  };
}

async function route({ invoke }: HttpApi, router: Router, request: IncomingMessage): Promise<HttpResponse> {
  const match = router.match(request.method ?? 'GET', (request.url ?? '/').split('?', 1)[0] ?? '/');
  if (!match) return errorResponse(404, 'Not Found');
  const body = await readBody(request);
  if (!body) return errorResponse(413, 'Request Entity Too Large');
  const { authorizer, functionId, timeoutMs } = match.route;
  let event: object = eventOf(request, match, body);
  if (authorizer) {
    const authorization = await authorize(eventOf(request, match, body), authorizer, invoke);
    if ('rejection' in authorization) return authorization.rejection;
    event = withAuthorizer(event, authorization.context);
  }
  const abort = new AbortController();
  const timeout = wait(timeoutMs, undefined, { signal: abort.signal }).catch(() => undefined);
  const result = await Promise.race([invoke(functionId, event), timeout]);
  abort.abort();
  return result ? responseOf(result) : errorResponse(503, 'Service Unavailable');
}

function withAuthorizer(event: object, context: Record<string, unknown>): object {
  const { requestContext } = event as { requestContext: object };
  return { ...event, requestContext: { ...requestContext, authorizer: { lambda: context } } };
}

/** The whole body, undefined when it is larger than API Gateway accepts. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    // The rest is read and dropped, so that the client can read the error.
    if (sizeBytes <= maxBodyBytes) chunks.push(chunk);
  }
  return sizeBytes <= maxBodyBytes ? Buffer.concat(chunks) : undefined;
}

function send(response: ServerResponse, { status, headers, body }: HttpResponse): void {
  response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
