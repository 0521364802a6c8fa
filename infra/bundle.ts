import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';

const functionsDir = path.join(import.meta.dirname, '../functions');

let bundlesDir: string | undefined;

/** The folder of a function's source. */
export function sourceOf(entry: string): string {
  return path.join(functionsDir, entry);
}

/**
 * The folder with a function's code, `index.mjs`, and everything that it imports. One run of esbuild bundles all functions, so
 * that shared code is read once; CDK's NodejsFunction runs esbuild once for each.
 */
export function bundleOf(entry: string): string {
  bundlesDir ??= bundleAll();
  return path.join(bundlesDir, entry);
}

function bundleAll(): string {
  const outdir = mkdtempSync(path.join(tmpdir(), 'smt-ingest-bundles-'));
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true })); // CDK has copied them by then
  for (const options of bundleRuns(outdir)) buildSync(options);
  return outdir;
}

/** Has a large part that few invocations need, OpenPGP: in a file of its own, it is loaded on first use. */
const splitEntry = 'normalize';

/** The runs of esbuild that bundle all functions, each into a folder of its own. */
export function bundleRuns(outdir: string): BuildOptions[] {
  const entries = readdirSync(functionsDir);
  return [
    optionsFor(
      outdir,
      entries.filter((entry) => entry !== splitEntry),
    ),
    { ...optionsFor(outdir, [splitEntry]), splitting: true, chunkNames: `${splitEntry}/[name]-[hash]` },
  ];
}

function optionsFor(outdir: string, entries: readonly string[]): BuildOptions {
  return {
    entryPoints: entries.map((entry) => ({
      in: path.join(sourceOf(entry), 'handler.ts'),
      out: `${entry}/index`,
    })),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    external: ['pg-native'], // pg's optional C driver, never installed
    // pg is CommonJS and calls require() at run time, which ES modules lack.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'warning',
  };
}
