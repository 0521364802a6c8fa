import { appendFile, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readSyncConfiguration } from '../../infra/droplet/configuration.ts';
import { DropletError, TemporaryError } from '../../infra/droplet/errors.ts';
import { Ledger } from '../../infra/droplet/ledger.ts';
import { rejectRoot } from '../../infra/droplet/local-folder.ts';
import { createLog } from '../../infra/droplet/log.ts';
import { withRetries } from '../../infra/droplet/retry.ts';
import { Spool } from '../../infra/droplet/spool.ts';

async function temporaryDir(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'smt-droplet-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

const file = { path: '/in/a.csv', sizeBytes: 10, modifiedAtSeconds: 1_700_000_000 };
const configuration = (localDir: string, host = 'sftp.example') =>
  readSyncConfiguration({
    ADMIN_TOKEN: 't',
    INTELLIWATT_BASE_URL: 'https://api.example',
    SMT_HOST: host,
    SMT_USER: 'u',
    SMT_PASSWORD: 'p',
    SMT_REMOTE_DIR: '/in',
    SMT_LOCAL_DIR: localDir,
  });

describe('the ledger', () => {
  test('remembers deliveries across a restart, and treats a changed file as another one', async () => {
    const dir = await temporaryDir();
    await (await Ledger.open(configuration(dir))).recordDelivery(file, 'ab');

    const ledger = await Ledger.open(configuration(dir));

    expect(ledger.hasDelivered(file)).toBe(true);
    expect(ledger.hasDelivered({ ...file, sizeBytes: 11 })).toBe(false);
    expect(ledger.hasDelivered({ ...file, modifiedAtSeconds: 1_700_000_001 })).toBe(false);
    expect((await Ledger.open(configuration(dir, 'other.example'))).hasDelivered(file)).toBe(false);
  });

  test('skips truncated and invalid lines', async () => {
    const dir = await temporaryDir();
    await (await Ledger.open(configuration(dir))).recordDelivery(file, 'ab');
    const [name = ''] = await readdir(dir);
    await appendFile(path.join(dir, name), 'null\n{"path":"/in/b.csv","si');

    expect((await Ledger.open(configuration(dir))).hasDelivered(file)).toBe(true);
  });

  test('forgets files that SMT has removed', async () => {
    const dir = await temporaryDir();
    const ledger = await Ledger.open(configuration(dir));
    await ledger.recordDelivery(file, 'ab');
    await ledger.recordDelivery({ ...file, path: '/in/removed.csv' }, 'cd');

    await ledger.keepOnly([file]);

    const [name = '', ...others] = await readdir(dir);
    expect(others).toEqual([]);
    expect(await readFile(path.join(dir, name), 'utf8')).not.toContain('removed.csv');
  });
});

describe('attempts in the ledger', () => {
  test('count across restarts until the file is delivered or changes', async () => {
    const dir = await temporaryDir();
    const ledger = await Ledger.open(configuration(dir));
    const seenMs = await ledger.seenSinceMs(file);
    await ledger.recordAttempt(file);
    await ledger.recordAttempt(file);

    const next = await Ledger.open(configuration(dir));

    expect(next.attemptsAt(file)).toBe(2);
    expect(await next.seenSinceMs(file)).toBe(seenMs);
    expect(next.hasDelivered(file)).toBe(false);
    expect(next.attemptsAt({ ...file, sizeBytes: 11 })).toBe(0);
    await next.recordDelivery(file, 'ab');
    expect(next.attemptsAt(file)).toBe(0);
  });

  test('are all in the file, however many are recorded at once', async () => {
    const dir = await temporaryDir();
    const ledger = await Ledger.open(configuration(dir));
    const files = Array.from({ length: 200 }, (_, index) => ({ ...file, path: `/in/${index}.csv` }));

    await Promise.all(files.map((each) => ledger.recordDelivery(each, 'ab')));

    const next = await Ledger.open(configuration(dir));
    expect(files.filter((each) => !next.hasDelivered(each))).toEqual([]);
  });
});

describe('a ledger that cannot be read', () => {
  test('costs API calls, and is reported', async () => {
    const dir = await temporaryDir();
    await (await Ledger.open(configuration(dir))).recordDelivery(file, 'ab');
    const [name = ''] = await readdir(dir);
    await rm(path.join(dir, name));
    await mkdir(path.join(dir, name)); // unreadable for root too
    const errors: unknown[] = [];

    const ledger = await Ledger.open(configuration(dir), (error) => errors.push(error));

    expect(errors).toMatchObject([{ code: 'EISDIR' }]);
    expect(ledger.hasDelivered(file)).toBe(false);
  });
});

describe('root in another user’s folder', () => {
  const root = { uid: 0, args: ['sync', '--env-file', "/it's here"] };

  async function folderOfSomebody(): Promise<string> {
    const dir = await temporaryDir();
    if (process.getuid?.() === 0) await chown(dir, 65_534, 65_534);
    return dir;
  }

  test('is rejected, with the command to run instead', async () => {
    const dir = await folderOfSomebody();

    for (const localDir of [dir, path.join(dir, 'not/there/yet')]) {
      await expect(rejectRoot(localDir, root)).rejects.toThrow(
        /belongs to (\S+), .* Run the command as \1: runuser -u \1 -- smt-droplet sync --env-file '\/it'\\''s here'$/,
      );
    }
  });

  test('concerns root only', async () => {
    await expect(rejectRoot(await folderOfSomebody(), { ...root, uid: 1000 })).resolves.toBeUndefined();
    await expect(rejectRoot('/', root)).resolves.toBeUndefined();
  });
});

describe('the spool', () => {
  async function* bytes(text: string): AsyncGenerator<Buffer> {
    yield Buffer.from(text);
  }

  test('holds an unlinked file, and can be read repeatedly', async () => {
    const dir = await temporaryDir();
    await writeFile(path.join(dir, '.spooling-1-1'), 'left by a kill');
    const spool = await Spool.open({ dir, minFreeBytes: 0 });

    const file = await spool.store(() => bytes('hello'), 5);

    expect(await readdir(dir)).toEqual([]);
    for (let time = 0; time < 2; time++) {
      expect(Buffer.concat(await file.read().toArray()).toString()).toBe('hello');
    }
    expect(file.sha256).toBe('2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824');
    await file.release();
  });

  test('rejects a file that does not fit, and waits while another file holds the space', async () => {
    const spool = await Spool.open({
      dir: await temporaryDir(),
      minFreeBytes: 100,
      freeBytes: async () => 110,
    });
    await expect(spool.store(() => bytes('eleven byte'), 11)).rejects.toMatchObject({ code: 'disk-full' });

    let isHeld = true;
    let wasHeld = false;
    let letWrite = (): void => undefined;
    const written = new Promise<void>((resolve) => {
      letWrite = resolve;
    });
    const slow = async function* (): AsyncGenerator<Buffer> {
      await written;
      yield* bytes('0123456789');
      isHeld = false;
    };
    const first = spool.store(slow, 10);
    const second = spool.store(() => {
      wasHeld = isHeld;
      return bytes('9876543210');
    }, 10);
    letWrite();
    await (await first).release();
    await (await second).release();

    expect(wasHeld).toBe(false);
  });

  test('releases the space of a file that could not be fetched', async () => {
    const spool = await Spool.open({ dir: await temporaryDir(), minFreeBytes: 0, freeBytes: async () => 10 });
    const failing = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('01234');
      throw new Error('connection lost');
    };

    await expect(spool.store(failing, 10)).rejects.toThrow('connection lost');

    await (await spool.store(() => bytes('0123456789'), 10)).release();
  });
});

describe('retries', () => {
  const quick = { attempts: 3, firstDelayMs: 1, maxDelayMs: 2 };
  const signal = new AbortController().signal;

  test('end after the attempts that the policy has, with the last failure', async () => {
    const tries: number[] = [];
    const failing = withRetries(
      async (attempt) => {
        tries.push(attempt);
        throw new TemporaryError('api-unavailable', `no response ${attempt}`);
      },
      { policy: quick, signal, onRetry: () => undefined },
    );

    await expect(failing).rejects.toThrow('no response 3');
    expect(tries).toEqual([1, 2, 3]);
  });

  test('are not made for permanent errors', async () => {
    let tries = 0;
    const failing = withRetries(
      async () => {
        tries++;
        throw new DropletError('token-rejected', 'no');
      },
      { policy: quick, signal, onRetry: () => undefined },
    );

    await expect(failing).rejects.toThrow('no');
    expect(tries).toBe(1);
  });

  test('wait longer each time, with jitter, as long as the server asks, and no longer than allowed', async () => {
    const delays: number[] = [];
    const asked = [undefined, undefined, 2_000, 3_600_000];
    const stop = new AbortController();
    let tries = 0;
    const running = withRetries(
      async () => {
        throw new TemporaryError('api-unavailable', 'busy', { retryAfterMs: asked[tries++] });
      },
      {
        policy: { attempts: 9, firstDelayMs: 4, maxDelayMs: 6 },
        signal: stop.signal,
        onRetry: (_, attempt, delayMs) => {
          delays.push(delayMs);
          if (attempt === 3) stop.abort();
        },
      },
    );

    await expect(running).rejects.toMatchObject({ code: 'stopped' });
    expect(delays[0]).toBeGreaterThanOrEqual(2);
    expect(delays[0]).toBeLessThanOrEqual(4);
    expect(delays[1]).toBeLessThanOrEqual(6);
    expect(delays[2]).toBe(2_000);
  });
});

describe('the log', () => {
  test('writes one JSON object per line, with a priority that journald removes', () => {
    const lines: string[] = [];
    const log = createLog({ write: (text) => void lines.push(text), format: 'journal' });

    log.error('failed', { file: 'two\nlines', reason: undefined });

    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^<3>\{.*\}\n$/);
    expect(JSON.parse(lines[0]?.slice(3) ?? '')).toMatchObject({
      level: 'error',
      event: 'failed',
      file: 'two\nlines',
    });
  });

  test.each(['json', 'text'] as const)('as %s escapes control characters in names', (format) => {
    const unit = fc.constantFrom(
      ...['\u001b', '\u0000', '\u009b', '\u202e', '\r', '\n', '\u2028', '\u{e0041}', 'a', 'é'],
    );

    fc.assert(
      fc.property(fc.string({ unit }), (file) => {
        const lines: string[] = [];
        createLog({ write: (text) => void lines.push(text), format }).info('fetched', { file });

        expect(lines[0]).toMatch(/^[^\p{Cc}\p{Cf}\u2028\u2029]*\n$/u);
        if (format === 'json') expect(JSON.parse(lines[0] ?? '')).toMatchObject({ file });
      }),
    );
  });
});
