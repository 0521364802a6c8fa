import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import { figure, type Measure, verdict } from '../findings.ts';
import { takeTurns } from '../spread.ts';

/** Said on standard output by a new process: milliseconds until its module was there. */
const timedImport =
  'const startedAt = performance.now(); await import(process.argv[1]); console.log(performance.now() - startedAt); process.exit()';

/** What a cold start costs: the size of each function's bundle and the time a new process takes to load it. */
export const functions: Measure = {
  title: 'bundle size, zipped, and time to load it in a new process',
  async run(setup) {
    const stack = await setup.startStack();
    const all = stack.description.functions;
    const sizes = new Map<string, number>();
    for (const { name, codeDir } of all) sizes.set(name, await zippedKbOf(codeDir));
    const loaders = Object.fromEntries(
      all.map((fn) => [fn.name, () => loadTime(path.join(fn.codeDir, 'index.mjs'))]),
    );
    const nothing = pathToFileURL(import.meta.filename).href;
    const bare = { bare: () => timedRun(nothing, 'console.log(performance.now()); process.exit()') };
    const rounds = setup.isQuick ? 3 : 9;
    const times = await takeTurns<string>({ ...loaders, ...bare }, { rounds, warmups: 1 });
    return {
      figures: [
        ...all
          .filter(({ name }) => name !== 'Normalize')
          .flatMap(({ name }) => [
            figure(`${name}: zipped`, 'KB', [sizes.get(name) ?? 0]),
            figure(`${name}: loaded in`, 'ms', times[name] ?? []),
          ]),
        figure('Node itself, until it runs anything', 'ms', times.bare ?? []),
      ],
      verdicts: [
        verdict('Normalize: zipped', 'KB', [sizes.get('Normalize') ?? 0], { atMost: 1024 }),
        verdict('Normalize: loaded in', 'ms', times.Normalize ?? [], { atMost: 120 }),
      ],
      notes: ['loading is on top of the start of Node itself'],
    };
  },
};

/** Deflated file by file, as a zip does it. */
async function zippedKbOf(dir: string): Promise<number> {
  const files = await readdir(dir, { recursive: true, withFileTypes: true });
  let bytes = 0;
  for (const file of files) {
    if (file.isFile()) bytes += deflateRawSync(await readFile(path.join(file.parentPath, file.name))).length;
  }
  return bytes / 1024;
}

function loadTime(file: string): Promise<number> {
  return timedRun(pathToFileURL(file).href, timedImport);
}

async function timedRun(url: string, script: string): Promise<number> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', script, url],
    { env: { PATH: process.env.PATH, AWS_REGION: 'us-east-1', AWS_LAMBDA_FUNCTION_NAME: 'bench' } },
  );
  return Number(stdout.trim().split('\n').at(-1));
}
