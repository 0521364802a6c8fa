import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildDroplet } from '../../infra/droplet/build-droplet.ts';
import { keyFile, pause } from '../integration/droplet-sftp-server.ts';
import {
  type Droplet,
  expectEmptySpool,
  finishedRows,
  intervalCsv,
  otherFingerprint,
  type RunningStack,
  serveSftp,
  startStack,
  useDroplet,
} from './droplet-harness.ts';

let running: RunningStack;
let buildDir = '';
beforeAll(async () => {
  buildDir = await mkdtemp(path.join(tmpdir(), 'smt-droplet-build-'));
  await buildDroplet(buildDir);
  running = await startStack();
});
afterAll(async () => {
  await running?.stop();
  await rm(buildDir, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  /** The log, an object a line. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

/** What the spool takes on the disk; a kill may leave a name in it, but no bytes. */
async function spooledBytes({ localDir }: Droplet): Promise<number> {
  const spool = path.join(localDir, 'spool');
  const names = await readdir(spool).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(spool, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Starts the bundle, alone in its folder, with nothing but the droplet's variables. */
function start(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): {
  child: ChildProcess;
  ended: Promise<Ended>;
} {
  const child = spawn(process.execPath, [path.join(buildDir, 'smt-droplet.cjs'), ...args], {
    env,
    cwd: buildDir,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      const lines = stdout.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
      resolve({ code, stdout, events: lines.map((line) => JSON.parse(line) as Record<string, unknown>) });
    });
  });
  return { child, ended };
}

const run = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> =>
  start(args, env).ended;

describe('smt-droplet sync', () => {
  test('logs each file in JSON lines, with a summary and no secret', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('t-1.csv', intervalCsv());

    const { code, stdout, events } = await run(['sync', '--once'], droplet.env);

    expect(code).toBe(0);
    const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
    const file = '/adhocusage/t-1.csv';
    expect(events).toMatchObject([
      { level: 'info', event: 'fetched', file, sha256 },
      {
        level: 'info',
        event: 'delivered',
        file,
        outcome: 'uploaded',
        object_key: expect.stringContaining('t-1.csv'),
      },
      { level: 'info', event: 'sync finished', listed: 1, delivered: 1, failed: 0 },
    ]);
    expect(stdout).not.toContain(running.stack.adminToken);
    expect(await finishedRows(running, ['t-1.csv'])).toMatchObject([{ status: 'normalized' }]);
  });

  test('killed at random moments, again and again, delivers every file exactly once', async () => {
    const droplet = await useDroplet(running);
    const names = Array.from({ length: 12 }, (_, index) => `u-${index}.csv`);
    for (const name of names) await droplet.put(name, intervalCsv() + '\n'.repeat(randomInt(200_000)));
    droplet.sftp.faults.beforeRead = () => pause(randomInt(30)); // so that kills find it at everything it does

    let kills = 0;
    for (let last: Ended | undefined; last?.code !== 0; ) {
      const { child, ended } = start(['sync', '--once', '--concurrency', '3'], droplet.env);
      if (kills < 6) await Promise.race([sleep(randomInt(150, 900)), ended]);
      if (kills < 6 && child.kill('SIGKILL')) kills++;
      last = await ended;
      expect([0, null]).toContain(last.code);
      expect(await spooledBytes(droplet)).toBe(0);
    }

    await expectEmptySpool(droplet);
    const rows = await finishedRows(running, names);
    expect(rows.map(({ filename }) => filename)).toEqual([...names].sort());
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['normalized']));
    expect(droplet.requests('PUT').filter((status) => status === 200)).toHaveLength(names.length);
    expect(await run(['sync', '--once'], droplet.env)).toMatchObject({
      code: 0,
      events: [{ event: 'sync finished', known: 12, delivered: 0 }],
    });
  }, 120_000);

  test.each([
    ['while it reads', () => pause(300)],
    ['while the server does not respond', () => pause(600_000)],
  ])('stops when interrupted %s, and says that the next run continues', async (_, beforeResponse) => {
    const droplet = await useDroplet(running);
    await droplet.put('v-1.csv', intervalCsv());
    let hasBegun = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      hasBegun = resolve;
    });
    droplet.sftp.faults.beforeRead = async () => {
      hasBegun();
      return beforeResponse();
    };
    const { child, ended } = start(['sync', '--once'], droplet.env);
    await begun;

    child.kill('SIGTERM');

    expect(await ended).toMatchObject({
      code: 143,
      events: [{ event: 'sync failed', error: 'stopped' }],
    });
    await expectEmptySpool(droplet);
  });

  test.each([
    [2, 'configuration', set('SMT_HOST_KEY', '')],
    [2, 'configuration', set('ADMIN_TOKEN', '')],
    [2, 'configuration', set('SMT_KEY', keyFile('host.pub'))],
    [2, 'configuration', set('SMT_LOCAL_DIR', '/proc/smt')],
    [2, 'configuration', set('SMT_LOCAL_DIR', keyFile('host.pub'))],
    [3, 'host-key-mismatch', changeHostKey],
    [3, 'login-rejected', set('SMT_USER', 'nobody')],
    [3, 'remote-folder', set('SMT_REMOTE_DIR', '/elsewhere')],
    [4, 'token-rejected', set('ADMIN_TOKEN', 'wrong')],
  ])('exits with %i for %s', async (code, error, change) => {
    const droplet = await useDroplet(running);
    await droplet.put('w-1.csv', intervalCsv());
    await change(droplet);

    const ended = await run(['sync', '--once'], droplet.env);

    expect(ended.code).toBe(code);
    expect(ended.events.at(-1)).toMatchObject({ level: 'error', event: 'sync failed', error });
  });
});

function set(name: string, value: string): (droplet: Droplet) => Promise<void> {
  return async (droplet) => {
    droplet.env[name] = value;
  };
}

async function changeHostKey(droplet: Droplet): Promise<void> {
  const { port } = await serveSftp(droplet.remoteDir, 'other-host');
  droplet.env.SMT_PORT = String(port);
}

describe('the built command', () => {
  test('reports its release under the name that install.sh gives it', async () => {
    const bytes = await readFile(path.join(buildDir, 'smt-droplet.cjs'));
    const release = createHash('sha256').update(bytes).digest('hex').slice(0, 12);

    expect(await run(['--version'], {})).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`^\\d+\\.\\d+\\.\\d+ \\(release ${release}\\)\n$`)),
    });
  });

  test('contains everything that an installation needs', async () => {
    expect((await readdir(buildDir)).sort()).toEqual([
      ...['README.md', 'install.sh', 'smt-droplet.cjs', 'smt-droplet.env.example'],
      ...['smt-sync.service', 'smt-sync.timer'],
    ]);
  });
});

describe('smt-droplet push', () => {
  test('delivers local files, and the same files again as duplicates', async () => {
    const droplet = await useDroplet(running);
    const files = await localFiles({ 'x 1.csv': intervalCsv(), 'x-2.csv': intervalCsv() });

    const first = await run(['push', ...files], droplet.env);
    await finishedRows(running, ['x 1.csv', 'x-2.csv']);
    const second = await run(['push', ...files], droplet.env);

    expect(first).toMatchObject({ code: 0 });
    expect(first.events.at(-1)).toMatchObject({
      event: 'push finished',
      delivered: 2,
      duplicates: 0,
      failed: 0,
    });
    expect(second.events.at(-1)).toMatchObject({
      event: 'push finished',
      delivered: 2,
      duplicates: 2,
      failed: 0,
    });
  });

  test('names a missing file before it sends any', async () => {
    const droplet = await useDroplet(running);
    const [file = ''] = await localFiles({ 'y.csv': intervalCsv() });

    const ended = await run(['push', file, '/nowhere/z.csv'], droplet.env);

    expect(ended.code).toBe(2);
    expect(ended.stdout).toContain('/nowhere/z.csv cannot be read (ENOENT)');
    expect(droplet.proxy.passed).toEqual([]);
  });
});

async function localFiles(contents: Readonly<Record<string, string>>): Promise<string[]> {
  const dir = await mkdtemp(path.join(tmpdir(), 'smt-droplet-push-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return Promise.all(
    Object.entries(contents).map(async ([name, content]) => {
      await writeFile(path.join(dir, name), content);
      return path.join(dir, name);
    }),
  );
}

describe('smt-droplet doctor', () => {
  test('passes on a healthy droplet', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('aa.csv', intervalCsv());
    await mkdir(droplet.localDir);

    const { code, stdout } = await run(['doctor'], droplet.env);

    expect(stdout).not.toContain('FIX');
    const checks = [
      'configuration',
      'local folder',
      'API',
      'clock',
      'token',
      'S3',
      'host key',
      'login',
      'remote folder',
    ];
    expect(stdout.match(/^ok +[^:]+/gm)?.map((line) => line.slice(3).trim())).toEqual(checks);
    expect(stdout).toContain('/adhocusage, 1 files');
    expect(code).toBe(0);
  });

  test('shows the host key that is to be pinned, without logging in', async () => {
    const droplet = await useDroplet(running);
    const { SMT_HOST_KEY: pinned = '', ...env } = droplet.env;

    const { code, stdout } = await run(['doctor'], env);

    expect(code).toBe(1);
    expect(stdout).toMatch(/FIX {2}host key: SMT_HOST_KEY is not set.*set SMT_HOST_KEY=SHA256:\S{43}/);
    await mkdir(droplet.localDir);
    const shown = /SMT_HOST_KEY=(\S+)/.exec(stdout)?.[1] ?? '';
    expect(await run(['doctor'], { ...env, SMT_HOST_KEY: shown })).toMatchObject({ code: 0 });
    expect(pinned).toContain('ssh-ed25519');
  });

  test('finds the matching key of a host that has several', async () => {
    const droplet = await useDroplet(running);
    const { port } = await serveSftp(droplet.remoteDir, 'host', 'other-host');
    const env = { ...droplet.env, SMT_PORT: String(port) };
    await mkdir(droplet.localDir);

    const unpinned = await run(['doctor'], { ...env, SMT_HOST_KEY: '' });
    const pinned = await run(['doctor'], { ...env, SMT_HOST_KEY: otherFingerprint });

    expect(unpinned.stdout).toMatch(/presents SHA256:\S+ \(ssh-ed25519\), SHA256:\S+ \(ssh-rsa\)/);
    expect(pinned.stdout).toContain(`host key: ${otherFingerprint} (ssh-rsa)\n`);
    expect(pinned.code).toBe(0);
  });

  test('creates no folder, and says how to', async () => {
    const droplet = await useDroplet(running);

    const { code, stdout } = await run(['doctor'], droplet.env);

    expect(code).toBe(1);
    expect(stdout).toMatch(/FIX {2}local folder: \S+ cannot be written to \(ENOENT\)\. .*mkdir -p -m 700/);
    await expect(stat(droplet.localDir)).rejects.toThrow('ENOENT');
  });

  test('blames the token for a 401 only, and otherwise reports the response', async () => {
    const droplet = await useDroplet(running);
    droplet.proxy.fault = (method) =>
      method === 'POST' ? { status: 403, body: '<h1>Blocked</h1>\n<p>by the firewall' } : undefined;

    const { stdout } = await run(['doctor'], droplet.env);

    expect(stdout).toMatch(/FIX {2}token: .* with 403: <h1>Blocked<\/h1> <p>by the firewall/);
    expect(stdout).not.toContain('ADMIN_TOKEN');
  });

  test('names a cause once, and skips what depends on it', async () => {
    const droplet = await useDroplet(running);
    await mkdir(droplet.localDir);
    const nobody = 'http://127.0.0.1:1';
    const env = { ...droplet.env, INTELLIWATT_BASE_URL: nobody, SMT_PORT: '1' };

    const { code, stdout } = await run(['doctor'], env);

    expect(code).toBe(1);
    expect(stdout.match(/^(?:FIX|-) +[^:]+/gm)).toEqual([
      ...['FIX  API', '-    token', '-    S3', 'FIX  host key', '-    login', '-    remote folder'],
    ]);
  });

  test('distinguishes S3 from another server at the upload URL', async () => {
    const droplet = await useDroplet(running);
    await mkdir(droplet.localDir);
    droplet.proxy.fault = (method) =>
      method === 'POST'
        ? { status: 200, body: JSON.stringify({ ok: true, upload_origin: running.stack.apiUrl }) }
        : undefined;

    const { code, stdout } = await run(['doctor'], droplet.env);

    expect(code).toBe(1);
    expect(stdout).toMatch(
      /FIX {2}S3: http:\S+, where uploads go, .* something other than S3 .* Allow HTTPS/,
    );
  });

  test('leaves no upload request behind', async () => {
    const droplet = await useDroplet(running);
    const count = async () =>
      (await running.database.pool.query('SELECT count(*) FROM upload_requests')).rows;
    const before = await count();

    await run(['doctor'], droplet.env);

    expect(await count()).toEqual(before);
  });

  test('says for each failed check what to fix', async () => {
    const droplet = await useDroplet(running);
    await mkdir(droplet.localDir);
    const env = {
      ...droplet.env,
      ADMIN_TOKEN: 'wrong',
      SMT_REMOTE_DIR: '/elsewhere',
      SMT_MIN_FREE_MB: '999999999',
    };

    const { code, stdout } = await run(['doctor'], env);

    expect(code).toBe(1);
    expect(stdout).toMatch(/FIX {2}local folder: .*Free some space/);
    expect(stdout).toMatch(/FIX {2}token: .*Set ADMIN_TOKEN/);
    expect(stdout).toMatch(/- {4}S3: it needs: token/);
    expect(stdout).toMatch(/FIX {2}remote folder: .*\/elsewhere cannot be listed/);
  });
});
