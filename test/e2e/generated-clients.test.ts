import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { createFreshDatabase } from '../support/database.ts';
import { esiidA, loadFile, newBlock } from '../support/rows.ts';

const run = promisify(execFile);
const modules = path.resolve('node_modules');
const typescriptApi = path.resolve('test/clients/typescript-api.mjs');

let stack: LocalStack;
let dir: string;

/** What a program does with a client: it names fields by their types, which must be those of the document. */
type Program = (apiUrl: string, token: string, esiid: string) => Promise<object>;

const withOpenApiFetch = `
import createClient from 'openapi-fetch';
import type { paths } from './schema.d.ts';

export default async function (baseUrl: string, token: string, esiid: string) {
  const client = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${token}\` } });
  const intervals = await client.GET('/api/usage', { params: { query: { esiid } } });
  const days = await client.GET('/api/usage', { params: { query: { esiid, resolution: 'day' } } });
  const csv = await client.GET('/api/usage.csv', { params: { query: { esiid } }, parseAs: 'text' });
  const files = await client.GET('/api/admin/smt/raw-files', { params: { query: { limit: 1 } } });
  const file = await client.GET('/api/admin/smt/raw-files/{id}', { params: { path: { id: '1' } } });
  const wrong = await client.GET('/api/usage', { params: { query: { esiid: '1' } } });
  const estimated = intervals.data?.resolution === '15min' ? intervals.data.rows.map((row): boolean => row.estimated) : [];
  const counts = days.data?.resolution !== '15min' ? days.data?.rows.map((row): number => row.intervals) : [];
  const text: string | undefined = csv.data;
  return {
    estimated: estimated.length, counts, lines: text?.split('\\n').length,
    status: files.data?.files[0]?.status, filename: file.data?.file.filename, error: wrong.error?.error,
  };
}`;

const withOpenApiTs = `
import { createClient } from './hey/client/index.js';
import { getRawFile, getUsage, getUsageCsv, listRawFiles } from './hey/index.js';

export default async function (baseUrl: string, token: string, esiid: string) {
  const client = createClient({ baseUrl, auth: token });
  const intervals = await getUsage({ client, query: { esiid } });
  const days = await getUsage({ client, query: { esiid, resolution: 'day' } });
  const csv = await getUsageCsv({ client, query: { esiid } });
  const files = await listRawFiles({ client, query: { limit: 1 } });
  const file = await getRawFile({ client, path: { id: '1' } });
  const wrong = await getUsage({ client, query: { esiid: '1' } });
  const estimated = intervals.data?.resolution === '15min' ? intervals.data.rows.map((row): boolean => row.estimated) : [];
  const counts = days.data?.resolution !== '15min' ? days.data?.rows.map((row): number => row.intervals) : [];
  const text: string | undefined = csv.data;
  return {
    estimated: estimated.length, counts, lines: text?.split('\\n').length,
    status: files.data?.files[0]?.status, filename: file.data?.file.filename, error: wrong.error?.error,
  };
}`;

beforeAll(async () => {
  const fresh = await createFreshDatabase();
  await loadFile(fresh.open(), [newBlock()]);
  dir = await mkdtemp(path.join(modules, '.generated-clients-')); // below node_modules, to find openapi-fetch
  stack = await startLocalStack({
    stateDir: path.join(dir, 'stack'),
    databaseUrl: fresh.connectionString,
  });
  const document = await (await fetch(`${stack.apiUrl}/api/openapi.json`)).text();
  await writeFile(path.join(dir, 'openapi.json'), document);
  return async () => {
    await stack.stop();
    await fresh.drop();
    await rm(dir, { recursive: true, force: true });
  };
});

/** Runs a generator, with the JavaScript API of TypeScript. */
async function generate(script: string, ...args: readonly string[]): Promise<void> {
  await run(process.execPath, ['--import', typescriptApi, path.join(modules, script), ...args], { cwd: dir });
}

/** Compiles a program strictly, with the compiler of this project. */
async function compile(name: string, text: string): Promise<void> {
  await writeFile(path.join(dir, `${name}.ts`), text);
  const compilerOptions = {
    ...{ strict: true, noUncheckedIndexedAccess: true, noEmit: true, skipLibCheck: false },
    ...{
      target: 'es2024',
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['es2024', 'dom', 'dom.iterable'],
    },
    ...{ types: [], allowImportingTsExtensions: true },
  };
  const project = path.join(dir, `tsconfig.${name}.json`);
  await writeFile(project, JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
  const { code, output } = await run(path.join(modules, '.bin/tsc'), ['-p', project]).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, output: error.stdout }),
  );
  expect({ code, output }).toEqual({ code: 0, output: '' });
}

async function load(name: string): Promise<Program> {
  const outfile = path.join(dir, `${name}.mjs`);
  await build({
    entryPoints: [path.join(dir, `${name}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  return ((await import(pathToFileURL(outfile).href)) as { default: Program }).default;
}

const expected = {
  estimated: 96,
  counts: [96],
  lines: 98,
  status: 'normalized',
  filename: 'IntervalData.csv',
  error: 'invalid-request',
};

/** Generating, compiling and bundling are processes of their own. */
const timeout = 120_000;

describe('A client generated from the OpenAPI document', { timeout }, () => {
  test('by openapi-typescript compiles, and reads usage through openapi-fetch', async () => {
    await generate('openapi-typescript/bin/cli.js', 'openapi.json', '-o', 'schema.d.ts');
    await compile('with-openapi-fetch', withOpenApiFetch);

    const program = await load('with-openapi-fetch');

    expect(await program(stack.apiUrl, stack.adminToken, esiidA)).toEqual(expected);
  });

  test('by openapi-ts compiles, and reads usage', async () => {
    const plugin = '@hey-api/client-fetch';
    await generate('@hey-api/openapi-ts/dist/run.mjs', '-i', 'openapi.json', '-o', 'hey', '-c', plugin);
    await compile('with-openapi-ts', withOpenApiTs);

    const program = await load('with-openapi-ts');

    expect(await program(stack.apiUrl, stack.adminToken, esiidA)).toEqual(expected);
  });
});
