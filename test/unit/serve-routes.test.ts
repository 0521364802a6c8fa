import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod';
import { environmentNames } from '../../shared/environment.ts';
import { serveRoutes } from '../../shared/http/serve-routes.ts';

type Version = { readonly token: string; readonly createdAt: Date };

const readerTokensArn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:readers';

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3600 * 1000);

/** Responds to GetSecretValue as Secrets Manager does, with the versions it holds at that time. */
async function secretsManager(versions: {
  AWSCURRENT: Version;
  AWSPREVIOUS?: Version;
  /** The secret of reader tokens. */
  readers?: string;
}) {
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    if (body.SecretId === readerTokensArn) {
      return response.end(JSON.stringify({ SecretString: versions.readers ?? '{}' }));
    }
    const version = versions[body.VersionStage as 'AWSCURRENT' | 'AWSPREVIOUS'];
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if (!version) return response.writeHead(400).end('{"__type": "ResourceNotFoundException"}');
    const { token, createdAt } = version;
    return response.end(JSON.stringify({ SecretString: token, CreatedDate: createdAt.getTime() / 1000 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${port}`);
  vi.stubEnv(
    environmentNames.adminTokenSecretArn,
    'arn:aws:secretsmanager:us-east-1:000000000000:secret:token',
  );
  vi.stubEnv(environmentNames.readerTokensSecretArn, readerTokensArn);
  onTestFinished(() => void vi.unstubAllEnvs());
  return versions;
}

function route(access: 'admin' | 'reader' | 'anyone' = 'admin') {
  const getTest = {
    method: 'GET',
    path: '/test',
    summary: 'A route',
    tag: 'About',
    access,
    response: z.object({}),
  } as const;
  const handler = serveRoutes({ getTest }, { getTest: async () => ({ status: 200, body: { ok: true } }) });
  return async (headers: Record<string, string>) => {
    const event = { headers, routeKey: 'GET /test' } as unknown as APIGatewayProxyEventV2;
    return (await handler(event, { awsRequestId: 'request-1' } as Context)).statusCode;
  };
}

test('The current token is accepted in either header, and no other', async () => {
  await secretsManager({ AWSCURRENT: { token: 'current', createdAt: hoursAgo(1) } });
  const request = route();

  expect(await request({ authorization: 'Bearer current' })).toBe(200);
  expect(await request({ authorization: 'bearer  current' })).toBe(200);
  expect(await request({ 'x-admin-token': 'current' })).toBe(200);
  expect(await request({ 'x-admin-token': 'curren' })).toBe(401);
  expect(await request({ authorization: 'Basic current' })).toBe(401);
  expect(await request({})).toBe(401);
});

test('For a day after a rotation the old token is accepted too, then no longer', async () => {
  const old = { token: 'old', createdAt: hoursAgo(1000) };
  await secretsManager({ AWSCURRENT: { token: 'new', createdAt: hoursAgo(23) }, AWSPREVIOUS: old });
  const inGrace = route();
  expect(await inGrace({ 'x-admin-token': 'new' })).toBe(200);
  expect(await inGrace({ 'x-admin-token': 'old' })).toBe(200);

  await secretsManager({ AWSCURRENT: { token: 'new', createdAt: hoursAgo(25) }, AWSPREVIOUS: old });
  const afterGrace = route();
  expect(await afterGrace({ 'x-admin-token': 'new' })).toBe(200);
  expect(await afterGrace({ 'x-admin-token': 'old' })).toBe(401);
});

test('A warm function accepts a new token at its first use', async () => {
  const versions = await secretsManager({ AWSCURRENT: { token: 'old', createdAt: hoursAgo(1000) } });
  const request = route();
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  expect(await request({ 'x-admin-token': 'old' })).toBe(200);

  vi.setSystemTime(Date.now() + 60_000);
  Object.assign(versions, {
    AWSCURRENT: { token: 'new', createdAt: new Date() },
    AWSPREVIOUS: versions.AWSCURRENT,
  });

  expect(await request({ 'x-admin-token': 'new' })).toBe(200);
  expect(await request({ 'x-admin-token': 'old' })).toBe(200);
});

test('A rejected request is counted', async () => {
  await secretsManager({ AWSCURRENT: { token: 'current', createdAt: hoursAgo(1) } });
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  onTestFinished(() => void written.mockRestore());

  await route()({ 'x-admin-token': 'guess' });

  const lines = written.mock.calls.map(([line]) => String(line));
  expect(lines.filter((line) => line.includes('"AuthenticationFailures":1'))).toHaveLength(1);
  expect(lines.join('')).not.toContain('guess');
});

describe('Reader tokens', () => {
  const admin = { token: 'admin', createdAt: hoursAgo(1) };
  const [first, second, third] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [
    string,
    string,
    string,
  ];

  function quiet() {
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    onTestFinished(() => void written.mockRestore());
    return () => written.mock.calls.map(([line]) => String(line)).join('');
  }

  test('open the routes of readers, each under its name, and no other route', async () => {
    await secretsManager({
      AWSCURRENT: admin,
      readers: JSON.stringify({ app: first, analyst: [second, third] }),
    });
    const output = quiet();
    const [reader, administrator] = [route('reader'), route('admin')];

    for (const token of [first, second, third]) {
      expect(await reader({ authorization: `Bearer ${token}` })).toBe(200);
      expect(await administrator({ authorization: `Bearer ${token}` })).toBe(401);
    }
    expect(await reader({ 'x-admin-token': 'admin' })).toBe(200);
    expect(await reader({ authorization: 'Bearer guess' })).toBe(401);
    expect(await reader({})).toBe(401);
    expect(output()).toContain('"reader":"analyst"');
    expect(output()).not.toContain(second);
  });

  test('are added at once and withdrawn within a minute, apart from the admin token', async () => {
    const secrets = await secretsManager({ AWSCURRENT: admin, readers: JSON.stringify({ app: first }) });
    quiet();
    const reader = route('reader');
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    expect(await reader({ authorization: `Bearer ${first}` })).toBe(200);

    secrets.readers = JSON.stringify({ app: second });
    vi.setSystemTime(Date.now() + 11_000);
    expect(await reader({ authorization: `Bearer ${second}` })).toBe(200);
    vi.setSystemTime(Date.now() + 61_000);
    expect(await reader({ authorization: `Bearer ${first}` })).toBe(401);
    expect(await reader({ 'x-admin-token': 'admin' })).toBe(200);
  });

  test.each([
    ['no JSON', 'secret-text-of-a-token-that-is-not-json'],
    ['a short token', '{"app": "short-secret"}'],
    ['a name that a log may not hold', `{"App 1": "${'a'.repeat(40)}"}`],
  ])(
    'in a secret with %s open nothing; the administrator is let in, and the log says what is wrong',
    async (_, readers) => {
      await secretsManager({ AWSCURRENT: admin, readers });
      const reported = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      onTestFinished(() => void reported.mockRestore());
      const output = quiet();
      const reader = route('reader');

      expect(await reader({ authorization: `Bearer ${'a'.repeat(40)}` })).toBe(401);
      expect(await reader({ authorization: 'Bearer short-secret' })).toBe(401);
      expect(await reader({ 'x-admin-token': 'admin' })).toBe(200);
      const log = `${output()}${reported.mock.calls.map(([line]) => String(line)).join('')}`;
      expect(log).toContain('does not hold reader tokens');
      expect(log).not.toContain('short-secret');
      expect(log).not.toContain('secret-text');
    },
  );
});
