import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';

const functionsDir = path.join(import.meta.dirname, '../functions');

let bundlesDir: string | undefined;

/** Folder of a function's source. */
export function sourceOf(entry: string): string {
  return path.join(functionsDir, entry);
}

/**
 * Folder with a function's code, `index.mjs`, and all it runs on. The functions are bundled in one run of esbuild, which
 * reads what they share once; CDK's NodejsFunction starts one for each.
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

/** Has a large part that few invocations need, OpenPGP: it lies in a file of its own, loaded when it is first called for. */
const splitEntry = 'normalize';

/** The runs of esbuild that bundle each function into a folder of its own. */
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
    // pg is CommonJS and calls require() at run time, which an ES module has not got.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'warning',
  };
}
