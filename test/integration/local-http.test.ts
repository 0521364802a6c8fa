import { request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { startHttpServer } from '../../infra/local/http/server.ts';
import type { InvocationResult } from '../../infra/local/lambda/protocol.ts';
import type { CorsDescription, RouteDescription } from '../../infra/local/template/description.ts';

type Invoke = (functionId: string, event: Record<string, unknown>) => unknown;

async function startApi(
  routeKeys: readonly string[],
  invoke: Invoke,
  options: { cors?: CorsDescription } = {},
) {
  const server = await startHttpServer(0);
  onTestFinished(() => server.close());
  const routes = routeKeys.map(
    (routeKey): RouteDescription => ({
      routeKey,
      apiId: 'api',
      functionId: routeKey,
      timeoutMs: 200,
      authorizer: undefined,
    }),
  );
  server.serve({
    routes,
    cors: options.cors,
    invoke: async (functionId, event) => {
      const payload = await invoke(functionId, event as Record<string, unknown>);
      return { outcome: 'ok', requestId: 'r', payload } satisfies InvocationResult;
    },
  });
  return server.url;
}

const echoEvent: Invoke = (_, event) => event;
const echoRoute: Invoke = (functionId, { pathParameters }) => ({ functionId, pathParameters });

test.each([
  ['GET', '/files', 'GET /files', undefined],
  ['POST', '/files', 'ANY /files', undefined],
  ['GET', '/files/7', 'GET /files/{id}', { id: '7' }],
  ['GET', '/files/a%20b', 'GET /files/{id}', { id: 'a b' }],
  ['GET', '/files/latest', 'GET /files/latest', undefined],
  ['GET', '/files/7/rows', 'GET /files/{id}/rows', { id: '7' }],
  ['GET', '/files/7/rows/2', 'GET /files/{proxy+}', { proxy: '7/rows/2' }],
  ['GET', '/files/', '$default', undefined],
])('%s %s goes to the most specific route', async (method, path, routeKey, pathParameters) => {
  const url = await startApi(
    [
      '$default',
      'GET /files/{proxy+}',
      'GET /files/{id}',
      'GET /files/{id}/rows',
      'GET /files/latest',
      'ANY /files',
      'GET /files',
    ],
    echoRoute,
  );

  const response = await fetch(url + path, { method });

  expect(await response.json()).toEqual({ functionId: routeKey, ...(pathParameters && { pathParameters }) });
});

test('a path or method without a route is not found', async () => {
  const url = await startApi(['GET /files'], echoRoute);

  const responses = [await fetch(`${url}/other`), await fetch(`${url}/files`, { method: 'POST' })];

  expect(responses.map(({ status }) => status)).toEqual([404, 404]);
  expect(await responses[0]?.json()).toEqual({ message: 'Not Found' });
});

test('an event carries the request in payload format 2.0', async () => {
  const url = await startApi(['POST /files/{id}'], echoEvent);

  const response = await fetch(`${url}/files/7?a=1&a=2&b=%20`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Admin-Token': 'secret', Cookie: 'a=1; b=2' },
    body: '{"filename":"ü"}',
  });

  expect(await response.json()).toMatchObject({
    version: '2.0',
    routeKey: 'POST /files/{id}',
    rawPath: '/files/7',
    rawQueryString: 'a=1&a=2&b=%20',
    queryStringParameters: { a: '1,2', b: ' ' },
    pathParameters: { id: '7' },
    cookies: ['a=1', 'b=2'],
    headers: { 'content-type': 'application/json', 'x-admin-token': 'secret' },
    requestContext: { http: { method: 'POST', path: '/files/7', sourceIp: '127.0.0.1' }, stage: '$default' },
    body: '{"filename":"ü"}',
    isBase64Encoded: false,
  });
});

test.each([['application/x-www-form-urlencoded'], ['application/octet-stream'], [undefined]])(
  'a body of type %s arrives as base64, as on AWS',
  async (type) => {
    const url = await startApi(['POST /files'], echoEvent);
    const body = new Uint8Array([0, 255, 10]);

    const response = await fetch(`${url}/files`, {
      method: 'POST',
      body,
      ...(type && { headers: { 'content-type': type } }),
    });

    expect(await response.json()).toMatchObject({ body: 'AP8K', isBase64Encoded: true });
  },
);

test("a function's response decides status, headers, cookies and body", async () => {
  const url = await startApi(['GET /files'], () => ({
    statusCode: 201,
    headers: { 'X-Kind': 'csv', 'Content-Type': 'text/csv' },
    cookies: ['a=1', 'b=2'],
    body: Buffer.from('kWh').toString('base64'),
    isBase64Encoded: true,
  }));

  const response = await fetch(`${url}/files`);

  expect(response.status).toBe(201);
  expect(response.headers.get('content-type')).toBe('text/csv');
  expect(response.headers.get('x-kind')).toBe('csv');
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(await response.text()).toBe('kWh');
});

test.each([
  ['too large', { statusCode: 200, body: 'x'.repeat(6 * 1024 * 1024) }],
  ['without a readable status', { statusCode: 'fine' }],
])('a response that is %s is an internal error', async (_, payload) => {
  const url = await startApi(['GET /files'], () => payload);

  const response = await fetch(`${url}/files`);

  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({ message: 'Internal Server Error' });
});

test('a function that fails is an internal error without its reason', async () => {
  const server = await startHttpServer(0);
  onTestFinished(() => server.close());
  const route = {
    routeKey: '$default',
    apiId: 'api',
    functionId: 'f',
    timeoutMs: 200,
    authorizer: undefined,
  };
  const error = { errorType: 'Error', errorMessage: 'secret reason', trace: [] };
  server.serve({
    routes: [route],
    cors: undefined,
    invoke: async () => ({ outcome: 'error', requestId: 'r', error }),
  });

  const response = await fetch(server.url);

  expect([response.status, await response.text()]).toEqual([500, '{"message":"Internal Server Error"}']);
});

test('a function that takes longer than the integration waits makes the service unavailable', async () => {
  const url = await startApi(['GET /files'], () => new Promise(() => {}));

  const response = await fetch(`${url}/files`);

  expect(response.status).toBe(503);
});

test('a body over 10 MB is too large', async () => {
  const url = await startApi(['POST /files'], () => ({ statusCode: 200 }));

  const status = await new Promise((resolve, reject) => {
    const upload = request(`${url}/files`, { method: 'POST' }, (response) => resolve(response.statusCode));
    upload.on('error', reject).end(Buffer.alloc(10 * 1024 * 1024 + 1));
  });

  expect(status).toBe(413);
});

test('CORS is as the API says, for its origins only', async () => {
  const cors: CorsDescription = {
    allowOrigins: ['https://admin.example'],
    allowMethods: ['POST'],
    allowHeaders: ['authorization'],
    exposeHeaders: [],
    allowCredentials: false,
    maxAgeSeconds: 60,
  };
  const url = await startApi(['POST /files'], () => ({ statusCode: 200 }), { cors });
  const preflight = (origin: string) =>
    fetch(`${url}/files`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });

  const allowed = await preflight('https://admin.example');
  const other = await preflight('https://other.example');

  expect(allowed.headers.get('access-control-allow-origin')).toBe('https://admin.example');
  expect(allowed.headers.get('access-control-allow-methods')).toBe('POST');
  expect(other.headers.get('access-control-allow-origin')).toBeNull();
});

test('a route with an authorizer asks it first and passes on what it says', async () => {
  const server = await startHttpServer(0);
  onTestFinished(() => server.close());
  const authorizer = { functionId: 'gate', identitySources: ['$request.header.x-admin-token'] };
  const route = { routeKey: 'GET /files', apiId: 'api', functionId: 'files', timeoutMs: 200, authorizer };
  server.serve({
    routes: [route],
    cors: undefined,
    invoke: async (functionId, event) => {
      const { headers, requestContext } = event as {
        headers: Record<string, string>;
        requestContext: unknown;
      };
      const payload =
        functionId === 'gate'
          ? { isAuthorized: headers['x-admin-token'] === 'right', context: { user: 'admin' } }
          : requestContext;
      return { outcome: 'ok', requestId: 'r', payload };
    },
  });
  const get = (headers: Record<string, string>) => fetch(`${server.url}/files`, { headers });

  const none = await get({});
  const wrong = await get({ 'x-admin-token': 'wrong' });
  const right = await get({ 'x-admin-token': 'right' });

  expect([none.status, wrong.status, right.status]).toEqual([401, 403, 200]);
  expect(await right.json()).toMatchObject({ authorizer: { lambda: { user: 'admin' } } });
});

test('a port in use is reported at once', async () => {
  const server = await startHttpServer(0);
  onTestFinished(() => server.close());

  const second = startHttpServer(Number(new URL(server.url).port));

  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
