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
 * Folder with a function's code in one file, `index.mjs`, with all it runs on. All functions are bundled in one run of
 * esbuild, which reads what they share once; CDK's NodejsFunction starts one for each.
 */
export function bundleOf(entry: string): string {
  bundlesDir ??= bundleAll();
  return path.join(bundlesDir, entry);
}

function bundleAll(): string {
  const outdir = mkdtempSync(path.join(tmpdir(), 'smt-ingest-bundles-'));
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true })); // CDK has copied them by then
  buildSync(bundleOptions(outdir));
  return outdir;
}

/** How all functions are bundled into a folder, each into one of its own. */
export function bundleOptions(outdir: string) {
  return {
    entryPoints: readdirSync(functionsDir).map((entry) => ({
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
  } as const satisfies BuildOptions;
}
