import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { PostgresStartError, startPostgres } from '../../infra/local/postgres.ts';

async function newDataDir(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'smt-ingest-postgres-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  return join(parent, 'data');
}

async function start(dataDir: string, durable = false) {
  const server = await startPostgres({ dataDir, durable });
  onTestFinished(() => server.stop());
  return server;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function serverPid(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('Data survives a stop and a start, in UTF-8 and the C locale', async () => {
  const dataDir = await newDataDir();
  const first = await start(dataDir);
  await query(first.url, `create table kept as select 'größer' as word`);
  const pid = await serverPid(dataDir);

  await first.stop();
  const stopped = !isAlive(pid);
  const second = await start(dataDir);

  expect(stopped).toBe(true);
  expect(await query(second.url, 'select * from kept')).toEqual([{ word: 'größer' }]);
  const settings = `select current_setting('server_encoding') as encoding, datcollate as locale from pg_database
    where datname = current_database()`;
  expect(await query(second.url, settings)).toEqual([{ encoding: 'UTF8', locale: 'C' }]);
});

test('After a SIGKILL nothing committed is lost, and the pid file left behind does not block the next start', async () => {
  const dataDir = await newDataDir();
  const first = await start(dataDir, true);
  await query(first.url, 'create table kept as select 1 as one');

  process.kill(await serverPid(dataDir), 'SIGKILL');
  await first.stop();
  const second = await start(dataDir, true);

  expect(await query(second.url, 'select * from kept')).toEqual([{ one: 1 }]);
});

test('A server whose parent was killed ends too, and the next one starts', async () => {
  const dataDir = await newDataDir();
  const module = new URL('../../infra/local/postgres.ts', import.meta.url).href;
  const script = `const { startPostgres } = await import(${JSON.stringify(module)});
    await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, durable: false });
    console.log('started');
    setInterval(() => undefined, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(parent.stdout, 'data');
  const orphan = await serverPid(dataDir);

  parent.kill('SIGKILL');
  await once(parent, 'exit');
  while (isAlive(orphan)) await sleep(20);
  const next = await start(dataDir);

  expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('A second server on the same data stops the first one', async () => {
  const dataDir = await newDataDir();
  const first = await start(dataDir);
  const firstPid = await serverPid(dataDir);

  const second = await start(dataDir);

  expect(isAlive(firstPid)).toBe(false);
  expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await first.stop();
});

test('A port in use is an error with the message of the server', async () => {
  const first = await start(await newDataDir());

  const failing = startPostgres({ dataDir: await newDataDir(), port: first.port, durable: false });

  await expect(failing).rejects.toThrow(PostgresStartError);
  await expect(failing).rejects.toThrow('Address already in use');
});
