import { readFileSync } from 'node:fs';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { bundleOptions } from '../../infra/bundle.ts';

const kb = 1000;

/** Zipped, as Lambda loads it at a cold start. What a function has to grow past these for is worth a thought. */
const budgetsBytes: Readonly<Record<string, number>> = {
  'create-database-users': 130 * kb,
  health: 15 * kb,
  migrate: 320 * kb,
  normalize: 600 * kb,
  openapi: 250 * kb,
  pages: 180 * kb,
  'raw-files': 380 * kb,
  'raw-upload': 380 * kb,
  register: 380 * kb,
  replay: 340 * kb,
  sweep: 390 * kb,
  usage: 340 * kb,
};

interface Bundle {
  readonly name: string;
  readonly zippedBytes: number;
  readonly inputs: readonly string[];
}

let bundles: readonly Bundle[];

beforeAll(async () => {
  const outdir = path.resolve('bundles');
  const { outputFiles, metafile } = await build({
    ...bundleOptions(outdir),
    absWorkingDir: process.cwd(),
    metafile: true,
    write: false,
  });
  bundles = outputFiles.map((file) => {
    const output = path.relative(process.cwd(), file.path);
    const { inputs } = metafile.outputs[output] as Metafile['outputs'][string];
    return {
      name: path.basename(path.dirname(file.path)),
      zippedBytes: deflateRawSync(file.contents).length,
      inputs: Object.keys(inputs),
    };
  });
}, 60_000);

test('Every function keeps to its budget', () => {
  expect(bundles.map(({ name }) => name).sort()).toEqual(Object.keys(budgetsBytes).sort());
  expect(bundles.filter(({ name, zippedBytes }) => zippedBytes > (budgetsBytes[name] ?? 0))).toEqual([]);
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
