import { randomInt } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { readSyncConfiguration, type SyncConfiguration } from '../../infra/droplet/configuration.ts';
import { createLog } from '../../infra/droplet/log.ts';
import { ProgressBar } from '../../infra/droplet/progress.ts';
import { reportedSync } from '../../infra/droplet/reported-sync.ts';
import type { SyncOptions, SyncSummary, SyncTools } from '../../infra/droplet/sync.ts';
import { sync } from '../../infra/droplet/sync.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import type { Database } from '../../shared/storage/database.ts';
import { type FaultyProxy, startFaultyProxy } from '../integration/droplet-proxy.ts';
import {
  type HostKeyName,
  keyFile,
  type SftpServer,
  startSftpServer,
} from '../integration/droplet-sftp-server.ts';
import { createFreshDatabase } from '../support/database.ts';

export interface RunningStack {
  readonly stack: LocalStack;
  readonly database: Database;
  stop(): Promise<void>;
}

/** The real local stack, for all tests of a file. */
export async function startStack(): Promise<RunningStack> {
  const fresh = await createFreshDatabase();
  const stateDir = await mkdtemp(path.join(tmpdir(), 'smt-droplet-stack-'));
  const stack = await startLocalStack({
    stateDir,
    databaseUrl: fresh.connectionString,
  });
  return {
    stack,
    database: fresh.open(),
    async stop() {
      await stack.stop();
      await fresh.drop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** A day of one meter, in a revision of its own so that no two files are the same. */
export function intervalCsv(): string {
  const header =
    'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION\n';
  const two = (value: number): string => String(value).padStart(2, '0');
  const label = (slot: number): string => `${two(Math.floor(slot / 4) % 24)}:${two((slot % 4) * 15)}`;
  const revised = `01/${two(randomInt(17, 29))}/2025 ${two(randomInt(24))}:${two(randomInt(60))}:${two(randomInt(60))}`;
  const esiid = `1044372${String(randomInt(10 ** 9)).padStart(10, '0')}`;
  const row = (slot: number): string =>
    `'${esiid},01/15/2025,${revised},${label(slot)},${label(slot + 1)},0.${randomInt(100, 999)},A,Consumption\n`;
  return header + Array.from({ length: 96 }, (_, slot) => row(slot)).join('');
}

export const dailyCsv = (): string =>
  `ESIID,USAGE_DATE,REVISION_DATE,START_READ,END_READ,USAGE_KWH\n'10443720000000001,01/15/2025,01/16/2025 06:18:33,${randomInt(10 ** 9)},1,2\n`;

export interface Droplet {
  /** The folder that the SFTP server serves. */
  readonly remoteDir: string;
  readonly localDir: string;
  readonly sftp: SftpServer;
  readonly proxy: FaultyProxy;
  /** The environment file's variables; changing them changes the next run. */
  readonly env: Record<string, string>;
  /** All log lines so far. */
  readonly log: string[];
  /** Puts a file into SMT's folder, as of two days ago, so that it is taken at once. */
  put(name: string, content: string | Buffer): Promise<string>;
  /** Runs sync in this process. */
  run(options?: Partial<SyncOptions>, tools?: Partial<SyncTools>): Promise<SyncSummary>;
  /** Runs sync as the command does: with a report of the run to the API. */
  runReported(options?: Partial<SyncOptions>): Promise<SyncSummary>;
  /** Of the uploads through the proxy: `PUT 200`, `POST 503` … */
  requests(method: 'PUT' | 'POST'): (number | undefined)[];
  configuration(): SyncConfiguration;
}

const usual: SyncOptions = { dryRun: false, once: true, since: null, concurrency: 4 };

function toolsWith(log: string[]): SyncTools {
  return {
    log: createLog({ write: (text) => void log.push(text), format: 'json' }),
    progress: new ProgressBar(process.stderr),
    signal: new AbortController().signal,
    retryPolicy: { attempts: 4, firstDelayMs: 5, maxDelayMs: 20 },
  };
}

/** Of the host key `other-host`, as `ssh-keygen -l` prints it. */
export const otherFingerprint = 'SHA256:ck0f8+ztktrLMbihY+D3PYmKY82zLKCaye4znFdGh2Y';

/** Serves a folder for the running test. */
export async function serveSftp(root: string, ...hostKeys: HostKeyName[]): Promise<SftpServer> {
  const server = await startSftpServer(root, hostKeys);
  onTestFinished(() => server.close());
  return server;
}

/** An SFTP server, an unreliable network to the stack, and a droplet between them. Closed after the test. */
export async function useDroplet({ stack }: RunningStack): Promise<Droplet> {
  const dir = await mkdtemp(path.join(tmpdir(), 'smt-droplet-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const remoteDir = path.join(dir, 'remote');
  await mkdir(path.join(remoteDir, 'adhocusage'), { recursive: true });
  const sftp = await serveSftp(remoteDir, 'host');
  const proxy = await startFaultyProxy(stack.apiUrl);
  const log: string[] = [];
  const env: Record<string, string> = {
    ADMIN_TOKEN: stack.adminToken,
    INTELLIWATT_BASE_URL: proxy.apiUrl,
    SMT_HOST: '127.0.0.1',
    SMT_PORT: String(sftp.port),
    SMT_USER: 'smt',
    SMT_KEY: keyFile('client'),
    SMT_HOST_KEY: await readFile(keyFile('host.pub'), 'utf8'),
    SMT_REMOTE_DIR: '/adhocusage',
    SMT_LOCAL_DIR: path.join(dir, 'local'),
    SMT_MIN_FREE_MB: '1',
  };
  const configuration = (): SyncConfiguration => readSyncConfiguration(env);
  return {
    remoteDir,
    localDir: path.join(dir, 'local'),
    sftp,
    proxy,
    env,
    log,
    configuration,
    async put(name, content) {
      const file = path.join(remoteDir, 'adhocusage', name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
      const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
      await utimes(file, twoDaysAgo, twoDaysAgo);
      return file;
    },
    run: (options, tools) => sync(configuration(), { ...usual, ...options }, { ...toolsWith(log), ...tools }),
    runReported: (options) => reportedSync(env, { ...usual, ...options }, toolsWith(log)),
    requests: (method) =>
      proxy.passed.filter((passed) => passed.method === method).map(({ status }) => status),
  };
}

/** The rows of files by name, once all of them have reached a final status. */
export async function finishedRows(
  { database }: RunningStack,
  filenames: readonly string[],
): Promise<{ filename: string; status: string; error_code: string | null }[]> {
  const query =
    'SELECT filename, status, error_code FROM raw_files WHERE filename = ANY($1) ORDER BY filename';
  const rows = async () => (await database.pool.query(query, [filenames])).rows;
  const countPending = async () =>
    (await rows()).filter(({ status }) => status === 'registered' || status === 'normalizing').length;
  await expect
    .poll(async () => (await rows()).length, { timeout: 60_000 })
    .toBeGreaterThanOrEqual(filenames.length);
  await expect.poll(countPending, { timeout: 60_000 }).toBe(0);
  return rows();
}

/** No partial file is left on disk. */
export async function expectEmptySpool({ localDir }: Droplet): Promise<void> {
  expect(await readdir(path.join(localDir, 'spool'))).toEqual([]);
}
