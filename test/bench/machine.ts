import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import type { BenchSetup } from './setup.ts';

const projectRoot = path.join(import.meta.dirname, '../..');

/** The context without which a number says nothing. */
export interface Machine {
  readonly cpu: string;
  readonly memoryGb: number;
  readonly os: string;
  readonly node: string;
  readonly postgres: string;
  readonly commit: string;
  /** Of the last minute, before anything was measured. */
  readonly loadAverage: number;
  readonly command: string;
}

export async function describeMachine(setup: BenchSetup): Promise<Machine> {
  return {
    cpu: `${availableParallelism()} × ${cpus()[0]?.model.trim()}`,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    os: `${process.platform} ${release()}`,
    node: process.version,
    postgres: await postgresVersion(await setup.createDatabase()),
    commit: commitOf(),
    loadAverage: loadavg()[0] ?? 0,
    command:
      `npm run bench ${process.argv.slice(2).length > 0 ? `-- ${process.argv.slice(2).join(' ')}` : ''}`.trim(),
  };
}

async function postgresVersion(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return rows[0]?.server_version ?? '';
  } finally {
    await client.end();
  }
}

function commitOf(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: projectRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8'));
    return `version ${version}`; // a copy without its history
  }
}
