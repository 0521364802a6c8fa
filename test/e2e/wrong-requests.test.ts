import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { openApiDocument } from '../../functions/openapi/document.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { encodeCursor } from '../../shared/http/schemas.ts';
import { createFreshDatabase } from '../support/database.ts';
import { esiidA, loadFile, newBlock } from '../support/rows.ts';

let stack: LocalStack;

beforeAll(async () => {
  const fresh = await createFreshDatabase();
  await loadFile(fresh.open(), [newBlock()]); // so that a request reaches the code that could fail
  const stateDir = await mkdtemp(path.join(tmpdir(), 'smt-requests-'));
  stack = await startLocalStack({
    stateDir,
    databaseUrl: fresh.connectionString,
  });
  return async () => {
    await stack.stop();
    await fresh.drop();
    await rm(stateDir, { recursive: true, force: true });
  };
});

interface Route {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly string[];
  /** Of the body. */
  readonly fields: readonly string[];
}

interface Operation {
  readonly parameters?: readonly { readonly name: string }[];
  readonly requestBody?: { content: { 'application/json': { schema: { properties: object } } } };
}

function routeOf(path: string, method: string, { parameters = [], requestBody }: Operation): Route {
  const fields = Object.keys(requestBody?.content['application/json'].schema.properties ?? {});
  return { method: method.toUpperCase(), path, parameters: parameters.map(({ name }) => name), fields };
}

/** Every route that takes parameters or a body, from the document. */
const routes = Object.entries(openApiDocument().paths as Record<string, Record<string, Operation>>)
  .flatMap(([at, methods]) =>
    Object.entries(methods).map(([method, operation]) => routeOf(at, method, operation)),
  )
  .filter(({ parameters, fields }) => parameters.length + fields.length > 0);

/** For each route with a body; none minds the fields of another. */
const validBody = {
  ...{ filename: 'a.csv', size_bytes: 10, sha256: 'ab'.repeat(32) },
  ...{ error_code: null, file_error_code: null, newest_modified_at: null },
  ...{ files_listed: 1, files_delivered: 0, files_duplicate: 0, files_waiting: 0, files_failed: 0 },
};

/** Calls a route with these values and its required ones. */
async function ask(
  { method, path: at, parameters, fields }: Route,
  values: Readonly<Record<string, unknown>>,
) {
  const given = new Map(Object.entries(parameters.includes('esiid') ? { esiid: esiidA, ...values } : values));
  const encoded = (name: string) => encodeURIComponent(String(given.get(name)).toWellFormed());
  const pathname = at.replace(/\{(\w+)\}/, (_, name) => encoded(name));
  const asked = fields.length > 0 ? [] : [...given.keys()].filter((name) => !at.includes(`{${name}}`));
  const search = asked.map((name) => `${name}=${encoded(name)}`).join('&');
  const response = await fetch(`${stack.apiUrl}${pathname}?${search}`, {
    method,
    headers: { 'x-admin-token': stack.adminToken },
    ...(fields.length > 0 && { body: JSON.stringify({ ...validBody, ...values }) }),
  });
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, body: isJson ? await response.json() : await response.text() };
}

function theRoute(name: string): Route {
  const route = routes.find(({ method, path: at }) => `${method} ${at}` === name);
  if (!route) throw new Error(`There is no ${name}`);
  return route;
}

const rawFiles = 'GET /api/admin/smt/raw-files';
const rawUpload = 'POST /api/admin/smt/raw-upload';
const syncRuns = 'POST /api/admin/smt/sync-runs';
const normalize = 'POST /api/admin/smt/normalize';
const cursorAt = (time: string) => encodeCursor(time, '1');

test.each([
  [rawFiles, 'q', '\0'],
  [rawFiles, 'source', '\0a'],
  [rawFiles, 'from', '0000-01-01'],
  [rawFiles, 'from', '0050-01-01'],
  [rawFiles, 'to', '9999-12-31'],
  [rawFiles, 'cursor', cursorAt('2025-99-99 00:00:00+00')],
  [rawFiles, 'cursor', cursorAt('2025-02-30 00:00:00+00')],
  [rawFiles, 'cursor', cursorAt('0000-01-01 00:00:00+00')],
  [rawFiles, 'cursor', cursorAt('2025-01-01 00:00:00+23')],
  [rawFiles, 'cursor', cursorAt(`2025-01-01 00:00:00.${'1'.repeat(500)}+00`)],
  ['GET /api/admin/smt/raw-files/{id}', 'id', '\0'],
  ['GET /api/admin/smt/raw-files/{id}/download', 'id', '99999999999999999999'],
  [normalize, 'source', '\0'],
  [normalize, 'dry_run', 'true'],
  [rawUpload, 'received_at', '-200000-01-01T00:00:00Z'],
  [rawUpload, 'received_at', '2025-01-01T00:00:00'],
  [rawUpload, 'received_at', 0],
  [rawUpload, 'filename', 'a\0.csv'],
  [rawUpload, 'filename', '\ud800.csv'],
  [rawUpload, 'source', '\0'],
  [rawUpload, 'content_type', 'text/csv\0'],
  [rawUpload, 'esiid', `${esiidA}\0`],
  [syncRuns, 'source', '\0'],
  [syncRuns, 'error_code', 'x'.repeat(51)],
  [syncRuns, 'file_error_code', 'No code.'],
  [syncRuns, 'files_listed', 3_000_000_000],
  [syncRuns, 'files_failed', -1],
  [syncRuns, 'newest_modified_at', 0],
  ['GET /api/usage', 'from', '0000-01-01'],
  ['GET /api/usage', 'to', '9999-12-31'],
  ['GET /api/usage/coverage', 'from', '0050-01-01'],
  ['GET /api/usage/coverage', 'to', '9999-12-31'],
  ['GET /api/usage/esiids', 'q', '1\0'],
])('%s rejects %s=%j and names the field', async (name, field, value) => {
  const { status, body } = await ask(theRoute(name), { [field]: value });

  expect({ status, body }).toMatchObject({
    status: 400,
    body: { ok: false, error: 'invalid-request', details: [{ field }] },
  });
});

test.each([
  '0000-01-01T00:00:00+23:59',
  '1970-01-01T00:00:00Z',
  '2106-02-07T06:28:15Z',
  '9999-12-31T23:59:59-23:59',
])('A file that claims to be of %s is taken all the same', async (receivedAt) => {
  expect(await ask(theRoute(rawUpload), { received_at: receivedAt })).toMatchObject({ status: 200 });
});

const text = fc.string({
  unit: fc.constantFrom('\0', '\ud800', '%', '\\', "'", '\u202e', '0', 'a', '-', ' ', ',', '\n'),
});
const digits = (length: number, most: number) =>
  fc.nat(most).map((number) => String(number).padStart(length, '0'));
const day = fc.tuple(digits(4, 9999), digits(2, 13), digits(2, 32)).map((parts) => parts.join('-'));
const written = fc
  .tuple(day, digits(2, 25), digits(2, 25))
  .map(([date, hour, zone]) => `${date} ${hour}:00:00+${zone}`);
const part = fc.oneof(text, fc.nat().map(String), written, fc.constant('consumption'));
const instant = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());

const likelyInstant = fc.oneof(
  instant,
  day,
  day.map((date) => `${date}T00:00:00Z`),
);

/** Valid and invalid values for a field. */
const likely: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  cursor: fc.oneof(fc.tuple(part, part), fc.array(part)).map((parts) => encodeCursor(...parts)),
  from: day,
  to: day,
  received_at: likelyInstant,
  newest_modified_at: likelyInstant,
};
const anything = fc.oneof(text, fc.integer(), fc.double(), fc.maxSafeInteger());

test.each(routes)('Whatever is asked of $method $path, it is not the server’s fault', async (route) => {
  const unlikely = route.fields.length > 0 ? fc.oneof(anything, fc.jsonValue()) : anything;
  const names = [...route.parameters, ...route.fields];
  const values = names.map((name) => [name, fc.oneof(likely[name] ?? text, unlikely)] as const);
  const given = fc.oneof(
    ...values.map((one) => fc.record(Object.fromEntries([one]))),
    fc.record(Object.fromEntries(values), { requiredKeys: [] }),
  );

  await fc.assert(
    fc.asyncProperty(given, async (request) => {
      const { status, body } = await ask(route, request);
      expect(status, JSON.stringify(body)).toBeLessThan(500);
    }),
    { numRuns: 20 * names.length },
  );
});
