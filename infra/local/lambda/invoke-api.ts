import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { InvocationResult } from './protocol.ts';

interface InvokeApi {
  /** Callers present it in their Authorization header. It is as secret as the local stack's other credentials. */
  readonly accessKeyId: string;
  /** @returns undefined when there is no function of this name */
  readonly invoke: (functionName: string, payload: unknown) => Promise<InvocationResult> | undefined;
}

export interface InvokeServer {
  readonly url: string;
  serve(api: InvokeApi): void;
  close(): Promise<void>;
}

const invokePath = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
/** Lambda's own limit for synchronous payloads. */
const maxPayloadBytes = 6 * 1024 ** 2;

/** Starts an endpoint for the one call of Lambda that operators make, a synchronous Invoke. */
export async function startInvokeServer(port: number): Promise<InvokeServer> {
  let api: InvokeApi | undefined;
  const server = createServer((request, response) => {
    respond(request, response, api).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve(given) {
      api = given;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  api: InvokeApi | undefined,
): Promise<void> {
  const fail = (status: number, type: string, message: string): void => {
    response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
    response.end(JSON.stringify({ Type: 'User', message }));
  };
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes <= maxPayloadBytes) chunks.push(chunk);
  }
  if (!api) return fail(503, 'ServiceException', 'The local stack is starting.');
  if (sizeBytes > maxPayloadBytes) return fail(413, 'RequestTooLargeException', 'The payload exceeds 6 MB.');
  if (!request.headers.authorization?.includes(`Credential=${api.accessKeyId}/`)) {
    return fail(403, 'UnrecognizedClientException', 'The access key is not that of the local stack.');
  }
  const [, name] = invokePath.exec(request.url ?? '') ?? [];
  const invocation = name && api.invoke(decodeURIComponent(name), parsePayload(Buffer.concat(chunks)));
  if (!invocation)
    return fail(404, 'ResourceNotFoundException', `Function not found: ${name ?? request.url}`);
  const result = await invocation;
  const isOk = result.outcome === 'ok';
  response.writeHead(200, {
    'content-type': 'application/json',
    'x-amz-executed-version': '$LATEST',
    ...(!isOk && { 'x-amz-function-error': 'Unhandled' }),
  });
  response.end(JSON.stringify((isOk ? result.payload : result.error) ?? null));
}

function parsePayload(body: Buffer): unknown {
  return body.length === 0 ? null : JSON.parse(body.toString());
}
