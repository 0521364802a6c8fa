import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, utimes } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { buildDroplet } from '../../../infra/droplet/build-droplet.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { keyFile, startSftpServer } from '../../integration/droplet-sftp-server.ts';
import { figure, type Measure, verdict } from '../findings.ts';
import { type BenchSetup, openBenchDatabase } from '../setup.ts';
import { writeSmtFile } from '../smt-file.ts';
import { quantileOf } from '../spread.ts';

/** A line of the droplet's log. */
interface LogLine {
  readonly event: string;
  readonly ms?: number;
}

interface Run {
  readonly tookMs: number;
  readonly fetchMs: readonly number[];
  readonly deliverMs: readonly number[];
}

/** The droplet's day, and more of it: a folder of small files, from SFTP to rows. */
export const sync: Measure = {
  title: 'smt-droplet sync of 1,000 daily files in one folder, against the local stack',
  async run(setup) {
    const count = setup.isQuick ? 100 : 1_000;
    const remoteDir = await mkdtemp(path.join(setup.dir, 'remote-'));
    await makeFiles(remoteDir, count);
    const command = await buildCommand(setup);
    const server = await startSftpServer(remoteDir);
    const stack = await setup.startStack();
    const database = openBenchDatabase(stack, 1);
    try {
      const env = await environmentOf(setup, stack, server.port);
      const first = await runSync(command, env);
      const normalizedMs = first.tookMs + (await timeUntilNormalized(database, count));
      const second = await runSync(command, env);
      const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
      const shares = total(first.fetchMs) / Math.max(1, total(first.deliverMs));
      return {
        figures: [
          figure('files per second', 'files/s', [(count * 1000) / first.tookMs]),
          figure('until all are rows', 'ms', [normalizedMs]),
          figure('of one file: fetched by SFTP and hashed, p50', 'ms', [quantileOf(first.fetchMs, 0.5)]),
          figure('of one file: request, PUT and S3 event besides, p50', 'ms', [
            quantileOf(first.deliverMs, 0.5) - quantileOf(first.fetchMs, 0.5),
          ]),
          figure('share of the time that is SFTP', '×', [shares]),
          figure('the next run, which has nothing to do', 'ms', [second.tookMs]),
        ],
        verdicts: [verdict(`${count} files delivered`, 'ms', [first.tookMs], { atMost: 60 * count })],
        notes: ['client, SFTP server, API, S3, queue, Lambdas and Postgres share the two cores'],
      };
    } finally {
      await database.close();
      await server.close();
    }
  },
};

async function makeFiles(remoteDir: string, count: number): Promise<void> {
  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400; // the wait for newer ones to hold still is not what is measured
  for (let number = 0; number < count; number += 1) {
    const file = path.join(remoteDir, `IntervalMeterUsage-${number}.CSV`);
    await writeSmtFile(file, { esiids: 1, firstEsiid: 2_000_000 + number, days: 1, firstDay: '2025-06-15' });
    await utimes(file, twoDaysAgo, twoDaysAgo);
  }
}

async function buildCommand({ dir }: BenchSetup): Promise<string> {
  const outDir = path.join(dir, 'droplet');
  await buildDroplet(outDir);
  return path.join(outDir, 'smt-droplet.cjs');
}

async function environmentOf(
  { dir }: BenchSetup,
  { apiUrl, adminToken }: LocalStack,
  port: number,
): Promise<Record<string, string>> {
  const localDir = path.join(dir, 'droplet-local');
  await mkdir(localDir);
  return {
    ADMIN_TOKEN: adminToken,
    INTELLIWATT_BASE_URL: apiUrl,
    SMT_HOST: '127.0.0.1',
    SMT_PORT: String(port),
    SMT_USER: 'smt',
    SMT_KEY: keyFile('client'),
    SMT_HOST_KEY: await readFile(keyFile('host.pub'), 'utf8'),
    SMT_REMOTE_DIR: '/',
    SMT_LOCAL_DIR: localDir,
  };
}

async function runSync(command: string, env: Record<string, string>): Promise<Run> {
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [command, 'sync', '--once'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`smt-droplet sync exited with ${code}: ${output.slice(-1000)}`);
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine);
  const msOf = (event: string): number[] =>
    lines.flatMap((line) => (line.event === event ? (line.ms ?? 0) : []));
  return { tookMs: performance.now() - startedAtMs, fetchMs: msOf('fetched'), deliverMs: msOf('delivered') };
}

async function timeUntilNormalized(database: Database, count: number): Promise<number> {
  const startedAtMs = performance.now();
  for (;;) {
    const { rows } = await sql<{ n: string }>`
      select count(*) n from raw_files where status = 'normalized'`.execute(database.kysely);
    if (Number(rows[0]?.n) >= count) return performance.now() - startedAtMs;
    await sleep(50);
  }
}
