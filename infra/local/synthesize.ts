import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';

const projectRoot = path.join(import.meta.dirname, '../..');
const cacheDir = path.join(projectRoot, 'node_modules/.cache/smt-ingest');
const keptMs = 24 * 60 * 60_000;

/** Everything that the output of the CDK app depends on. */
const sources = ['infra', 'functions', 'shared', 'cdk.json', 'package-lock.json', 'tsconfig.json'];

/** The CDK app failed; the message is what it wrote. */
export class SynthesisError extends Error {
  readonly code = 'synthesis-failed';
  constructor(output: string) {
    super(`The CDK app could not be synthesized:\n${output.trim()}`);
    this.name = 'SynthesisError';
  }
}

/**
 * The output folder of the CDK app, with the context of cdk.json as `cdk synth` would have, so that what runs here is what
 * deploys. It is kept while the sources stay the same: bundling takes most of the time of a start. Nobody may write to it.
 * @throws SynthesisError
 */
export async function synthesize(): Promise<string> {
  const outDir = path.join(cacheDir, `cdk.out-${await hashOfSources()}`);
  const isThere = await access(outDir).then(
    () => true,
    () => false,
  );
  if (!isThere) await runApp(outDir);
  await utimes(outDir, new Date(), new Date());
  return outDir;
}

/** Files that are the same in any order of reading have the same hash, wherever the project lies. */
async function hashOfSources(): Promise<string> {
  const files = await Promise.all(sources.map(filesOf));
  const hash = createHash('sha256');
  for (const file of files.flat().sort())
    hash.update(`${file}\0`).update(await readFile(path.join(projectRoot, file)));
  return hash.digest('hex').slice(0, 32);
}

async function filesOf(source: string): Promise<string[]> {
  const absolute = path.join(projectRoot, source);
  if ((await stat(absolute)).isFile()) return [source];
  const entries = await readdir(absolute, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(projectRoot, path.join(entry.parentPath, entry.name)));
}

/** Processes that synthesize at the same time do not meet: each writes a folder of its own, and the first to end names it. */
async function runApp(outDir: string): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  await removeUnused();
  const ownDir = await mkdtemp(path.join(cacheDir, 'unfinished-'));
  try {
    await spawnApp(ownDir);
    await rename(ownDir, outDir);
  } catch (error) {
    await rm(ownDir, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
  }
}

async function removeUnused(): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    const dir = path.join(cacheDir, name);
    const { mtimeMs } = await stat(dir).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY })); // another process was first
    if (Date.now() - mtimeMs > keptMs) await rm(dir, { recursive: true, force: true });
  }
}

/** The validation of the template is left to `npm run synth`: it takes a second and changes nothing. */
async function spawnApp(outDir: string): Promise<void> {
  const cdkJson = await readFile(path.join(projectRoot, 'cdk.json'), 'utf8');
  const { context } = JSON.parse(cdkJson) as { context?: Record<string, unknown> };
  const child = spawn(process.execPath, ['infra/app.ts'], {
    cwd: projectRoot,
    env: {
      ...process.env,
      CDK_OUTDIR: outDir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, local: true }),
      CDK_VALIDATION: 'false',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  if (code !== 0) throw new SynthesisError(output);
}
