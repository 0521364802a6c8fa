import { readFileSync } from 'node:fs';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { bundleRuns } from '../../infra/bundle.ts';

const kb = 1000;

/** Zipped, as Lambda loads it at a cold start. Growing beyond these should be a decision. */
const budgetsBytes: Readonly<Record<string, number>> = {
  'create-database-users': 130 * kb,
  erase: 400 * kb,
  health: 150 * kb, // its response is checked by a schema, as of every route
  migrate: 320 * kb,
  normalize: 620 * kb,
  openapi: 250 * kb,
  pages: 180 * kb,
  'raw-files': 380 * kb,
  'raw-upload': 380 * kb,
  register: 380 * kb,
  replay: 380 * kb,
  sweep: 390 * kb,
  usage: 340 * kb,
  withdraw: 380 * kb,
};

interface Bundle {
  readonly name: string;
  readonly zippedBytes: number;
  /** What is in it, of the tree and of node_modules. */
  readonly inputs: readonly string[];
  /** Those of the files that are loaded before the first invocation. */
  readonly inputsAtStart: readonly string[];
}

let bundles: readonly Bundle[];

beforeAll(async () => {
  const outdir = path.resolve('bundles');
  const common = { absWorkingDir: process.cwd(), metafile: true, write: false } as const;
  const results = await Promise.all(bundleRuns(outdir).map((options) => build({ ...options, ...common })));
  const files = results.flatMap(({ outputFiles, metafile }) =>
    outputFiles.map((file) => ({ ...file, output: metafile.outputs[path.relative('.', file.path)] })),
  );
  const nameOf = (file: { path: string }) => path.basename(path.dirname(file.path));
  bundles = Object.entries(Object.groupBy(files, nameOf)).map(([name, parts = []]) => ({
    name,
    zippedBytes: parts.reduce((total, { contents }) => total + deflateRawSync(contents).length, 0),
    inputs: parts.flatMap(({ output }) => Object.keys(output?.inputs ?? {})),
    inputsAtStart: results.flatMap(({ metafile }) => inputsAtStart(metafile, `bundles/${name}/index.mjs`)),
  }));
}, 60_000);

test('Every function keeps to its budget', () => {
  expect(bundles.map(({ name }) => name).sort()).toEqual(Object.keys(budgetsBytes).sort());
  expect(bundles.filter(({ name, zippedBytes }) => zippedBytes > (budgetsBytes[name] ?? 0))).toEqual([]);
});

test('Normalize loads OpenPGP only when it is needed', () => {
  const normalize = bundles.find(({ name }) => name === 'normalize');
  const ofOpenPgp = (inputs: readonly string[] = []) => inputs.filter((input) => input.includes('/openpgp/'));

  expect(ofOpenPgp(normalize?.inputs)).not.toEqual([]);
  expect(ofOpenPgp(normalize?.inputsAtStart)).toEqual([]);
});

test('No bundle holds a dev dependency or a native module', () => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
  };
  const packageOf = (input: string) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? '';

  for (const { name, inputs } of bundles) {
    const packages = new Set(inputs.map(packageOf).filter((found) => found !== ''));
    const ofDevelopment = [...packages].filter((found) => lock.packages[found]?.dev);
    expect({ name, ofDevelopment }).toEqual({ name, ofDevelopment: [] });
    expect(inputs.filter((input) => /\.node$|node-gyp|prebuild/.test(input))).toEqual([]);
  }
});

test('No bundle holds what only infra and tests use', () => {
  const foreign = bundles.flatMap(({ inputs }) => inputs.filter((input) => /^(infra|test)\//.test(input)));

  expect(foreign).toEqual([]);
});

/** What a file of the output holds, and the files that it imports at once. */
function inputsAtStart({ outputs }: Pick<Metafile, 'outputs'>, file: string): string[] {
  const output = outputs[file];
  const imported = (output?.imports ?? []).filter(({ kind }) => kind === 'import-statement');
  return [
    ...Object.keys(output?.inputs ?? {}),
    ...imported.flatMap(({ path: importedFile }) => inputsAtStart({ outputs }, importedFile)),
  ];
}
