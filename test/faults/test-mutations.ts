import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { npmCommand, parseArguments, parseCount } from '../../infra/local/command-line.ts';
import { type Mutation, mutations } from './mutations.ts';
import type { RunResult } from './run.ts';

const projectRoot = path.join(import.meta.dirname, '../..');
/** What the harness and the system under test consist of. */
const copied = [
  'cdk.json',
  'functions',
  'infra',
  'package.json',
  'package-lock.json',
  'shared',
  'test',
  'tsconfig.json',
];

const program = npmCommand(
  'test:mutations',
  `Removes one protection after the other from a copy of the source, and runs the fault-injection harness on it until it finds a
broken promise. Exit status 1 if the absence of one was not found.`,
)
  .option('--runs <n>', 'maximum number of runs for each protection', parseCount, 40)
  .option('--only <words>', 'only the protections whose name has these words', '');

interface Verdict {
  readonly runs: number;
  /** The first promise found broken; null if none was. */
  readonly violation: string | null;
}

async function main(): Promise<number> {
  const { runs: maxRuns, only } = parseArguments(program).options;
  let missed = 0;
  console.log('| without this protection: | found in run | as |\n| --- | --- | --- |');
  for (const mutation of mutations.filter(({ name }) => name.includes(only))) {
    const { runs, violation } = await testMutation(mutation, String(maxRuns));
    if (violation === null) missed++;
    const shown = violation?.replaceAll('|', '/').slice(0, 160) ?? 'NOT FOUND';
    console.log(`| ${mutation.name} | ${violation === null ? '–' : runs} | ${shown} |`);
  }
  return missed > 0 ? 1 : 0;
}

async function testMutation(mutation: Mutation, runs: string): Promise<Verdict> {
  const dir = await mkdtemp(path.join(tmpdir(), 'smt-mutation-'));
  try {
    await copySource(dir);
    for (const edit of mutation.edits) await apply(dir, edit);
    return await runMachine(dir, runs);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function copySource(dir: string): Promise<void> {
  for (const name of copied) {
    await cp(path.join(projectRoot, name), path.join(dir, name), { recursive: true });
  }
  await symlink(path.join(projectRoot, 'node_modules'), path.join(dir, 'node_modules'));
}

async function apply(dir: string, { file, find, replace }: Mutation['edits'][number]): Promise<void> {
  const source = await readFile(path.join(dir, file), 'utf8');
  const parts = source.split(find);
  if (parts.length !== 2) {
    throw new Error(`${file} has ${parts.length - 1} times what the mutation replaces: ${find}`);
  }
  await writeFile(path.join(dir, file), parts.join(replace));
}

async function runMachine(dir: string, runs: string): Promise<Verdict> {
  const options = ['--runs', runs, '--until-violation', '--json'];
  const child = spawn(process.execPath, ['test/faults/main.ts', ...options], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const results = output
    .split('\n')
    .filter((line) => line.startsWith('{"seed"'))
    .map((line) => JSON.parse(line) as RunResult);
  if (results.length === 0) throw new Error(`the harness did not run:\n${errors}`);
  const found = results.findIndex(({ violations }) => violations.length > 0);
  return { runs: found < 0 ? results.length : found + 1, violation: results[found]?.violations[0] ?? null };
}

process.exitCode = await main();
