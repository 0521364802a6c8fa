import { appendFile, readFile, rename, rm, symlink, utimes } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { keyFile } from '../integration/droplet-sftp-server.ts';
import {
  dailyCsv,
  expectEmptySpool,
  finishedRows,
  intervalCsv,
  type RunningStack,
  startStack,
  useDroplet,
} from './droplet-harness.ts';

let running: RunningStack;
beforeAll(async () => {
  running = await startStack();
});
afterAll(() => running?.stop());

const fixture = (name: string): Promise<Buffer> =>
  readFile(path.join(import.meta.dirname, '../fixtures/pgp', name));

describe('a sync', () => {
  test('delivers every file in and below the folder to a final status, and the next one has nothing to do', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('a-interval.CSV', intervalCsv());
    await droplet.put('deeper/still/a-daily.csv', dailyCsv());
    await droplet.put('deeper/a-delivery.zip', await fixture('delivery.zip'));
    await droplet.put('a-encrypted.CSV.957877905.asc', await fixture('to-old.zip.asc'));
    await droplet.put('a-empty.csv', '');

    const first = await droplet.run();
    const second = await droplet.run();

    expect(first).toMatchObject({ listed: 5, delivered: 5, duplicates: 0, known: 0, waiting: 0, failed: 0 });
    expect(second).toMatchObject({ listed: 5, delivered: 0, known: 5, failed: 0 });
    const names = [
      'a-daily.csv',
      'a-delivery.zip',
      'a-empty.csv',
      'a-encrypted.CSV.957877905.asc',
      'a-interval.CSV',
    ];
    expect(await finishedRows(running, names)).toEqual([
      { filename: 'a-daily.csv', status: 'normalized', error_code: null },
      { filename: 'a-delivery.zip', status: 'normalized', error_code: null },
      { filename: 'a-empty.csv', status: 'failed', error_code: 'empty-file' },
      { filename: 'a-encrypted.CSV.957877905.asc', status: 'failed', error_code: 'pgp-key-missing' },
      { filename: 'a-interval.CSV', status: 'normalized', error_code: null },
    ]);
    await expectEmptySpool(droplet);
  });

  test('that has lost its ledger asks for every file again, and uploads none', async () => {
    const droplet = await useDroplet(running);
    for (const name of ['b-1.csv', 'b-2.csv', 'b-3.csv']) await droplet.put(name, intervalCsv());
    await droplet.run();
    await finishedRows(running, ['b-1.csv', 'b-2.csv', 'b-3.csv']);
    await rm(droplet.localDir, { recursive: true });

    const again = await droplet.run();

    expect(again).toMatchObject({ delivered: 3, duplicates: 3, bytes: 0 });
    expect(droplet.requests('PUT')).toEqual([200, 200, 200]);
    expect(await finishedRows(running, ['b-1.csv', 'b-2.csv', 'b-3.csv'])).toHaveLength(3);
  });

  test('beside another one of the same folder uploads nothing that the other does', async () => {
    const droplet = await useDroplet(running);
    const names = Array.from({ length: 6 }, (_, index) => `b3-${index}.csv`);
    for (const name of names) await droplet.put(name, intervalCsv());

    const summaries = await Promise.all([droplet.run(), droplet.run()]);

    expect(summaries).toMatchObject([{ failed: 0 }, { failed: 0 }]);
    expect(droplet.requests('PUT').filter((status) => status === 200)).toHaveLength(6);
    expect(await finishedRows(running, names)).toHaveLength(6);
    await expectEmptySpool(droplet);
  });

  test('to another API starts from nothing, whatever was delivered to the first', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('b2.csv', intervalCsv());
    await droplet.run();
    await finishedRows(running, ['b2.csv']);

    droplet.env.INTELLIWATT_BASE_URL = running.stack.apiUrl;

    expect(await droplet.run()).toMatchObject({ known: 0, delivered: 1 });
  });

  test('reports each run to the API: what it found, also if that is nothing, or what ended it', async () => {
    const droplet = await useDroplet(running);
    const reported = async () => {
      const { rows } = await running.database.pool.query('SELECT * FROM sync_runs');
      expect(rows).toHaveLength(1);
      return rows[0];
    };
    await droplet.runReported();
    const nothing = await reported();
    const file = await droplet.put('c0-1.csv', intervalCsv());
    await utimes(file, 1_700_000_000, 1_700_000_000);
    await droplet.put('deeper/c0-2.csv', intervalCsv());
    droplet.sftp.faults.denied.add('/adhocusage/deeper/c0-2.csv');
    await droplet.runReported();
    const some = await reported();
    Object.assign(droplet.env, { SMT_REMOTE_DIR: '/elsewhere' });
    await expect(droplet.runReported()).rejects.toMatchObject({ code: 'remote-folder' });
    const failed = await reported();

    expect(nothing).toMatchObject({ source: 'droplet-upload', error_code: null, files_listed: 0 });
    expect(nothing.newest_modified_at).toBeNull();
    expect(some).toMatchObject({
      ...{ error_code: null, files_listed: 2, files_delivered: 1, files_duplicate: 0, files_failed: 1 },
      file_error_code: 'remote-file-unreadable',
    });
    expect(Date.now() - some.newest_modified_at.getTime()).toBeLessThan(3 * 86_400_000);
    expect(failed).toMatchObject({ error_code: 'remote-folder', files_listed: null });
    expect(failed.succeeded_at).toEqual(some.succeeded_at);
    expect(failed.reported_at.getTime()).toBeGreaterThan(some.reported_at.getTime());
  });

  test('whose report cannot be sent is a warning, and fails nothing; a dry run is not reported', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('c1.csv', intervalCsv());
    await droplet.runReported({ dryRun: true });
    expect(droplet.requests('POST')).toEqual([]);
    droplet.proxy.fault = (_, at) => (at.endsWith('/sync-runs') ? { status: 503 } : undefined);

    expect(await droplet.runReported()).toMatchObject({ delivered: 1, failed: 0 });

    expect(droplet.log.join('')).toContain('"event":"run not reported"');
  });

  test('with --dry-run says what it would deliver and touches nothing', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('c-1.csv', intervalCsv());

    const summary = await droplet.run({ dryRun: true });

    expect(summary).toMatchObject({ listed: 1, delivered: 0 });
    expect(droplet.log.join('')).toContain('"would deliver","file":"/adhocusage/c-1.csv"');
    expect(droplet.proxy.passed).toEqual([]);
    expect(droplet.sftp.opened.size).toBe(0);
  });

  test('with --since leaves older files alone', async () => {
    const droplet = await useDroplet(running);
    const old = await droplet.put('d-old.csv', intervalCsv());
    await utimes(old, 1_700_000_000, 1_700_000_000);
    await droplet.put('d-new.csv', intervalCsv());

    await droplet.run({ since: new Date(Date.now() - 3 * 86_400_000) });

    expect([...droplet.sftp.opened.keys()]).toEqual(['/adhocusage/d-new.csv']);
  });

  test('logs in with a key that has a passphrase, and with a password if there is no key', async () => {
    const droplet = await useDroplet(running);
    const { SMT_KEY: _key, ...withoutKey } = droplet.env;
    Object.assign(droplet.env, {
      SMT_KEY: keyFile('client-with-passphrase'),
      SMT_KEY_PASSPHRASE: 'test passphrase',
    });
    expect(await droplet.run()).toMatchObject({ listed: 0 });

    delete droplet.env.SMT_KEY;
    Object.assign(droplet.env, withoutKey, { SMT_PASSWORD: 'open sesame' });
    expect(await droplet.run()).toMatchObject({ listed: 0 });

    Object.assign(droplet.env, { SMT_PASSWORD: 'guess' });
    await expect(droplet.run()).rejects.toMatchObject({ code: 'login-rejected' });
    expect(droplet.log.join('')).not.toMatch(/passphrase|sesame|guess|PRIVATE/);
  });
});

describe('a file that moves', () => {
  test.each([
    ['ahead of', 600],
    ['behind', -3600],
  ])(
    'is left until this machine has seen it hold still, with a clock %s the server’s',
    async (_, aheadSeconds) => {
      const droplet = await useDroplet(running);
      droplet.env.SMT_SETTLE_SECONDS = '1';
      const file = await droplet.put(`e-growing${aheadSeconds}.csv`, intervalCsv());
      const changedAgo = (seconds: number): Promise<void> => {
        const atSeconds = Date.now() / 1000 - aheadSeconds - seconds;
        return utimes(file, atSeconds, atSeconds);
      };
      await changedAgo(0);
      const writing = setInterval(() => void changedAgo(0), 200);
      onTestFinished(() => clearInterval(writing));

      expect(await droplet.run()).toMatchObject({ waiting: 1, delivered: 0 });
      clearInterval(writing);
      await changedAgo(0);
      expect(await droplet.run()).toMatchObject({ waiting: 0, delivered: 1 });
    },
  );

  test('was finished minutes ago and is new here is taken by the run that sees it, at its second look', async () => {
    const droplet = await useDroplet(running);
    droplet.env.SMT_SETTLE_SECONDS = '1';
    const file = await droplet.put('e-usual.csv', intervalCsv());
    const tenMinutesAgo = Date.now() / 1000 - 600;
    await utimes(file, tenMinutesAgo, tenMinutesAgo);

    expect(await droplet.run()).toMatchObject({ delivered: 1, waiting: 0, known: 0 });
    expect(droplet.log.filter((line) => line.includes('"waiting"'))).toHaveLength(1);
  });

  test('is waited for, without --once', async () => {
    const droplet = await useDroplet(running);
    droplet.env.SMT_SETTLE_SECONDS = '1';
    const file = await droplet.put('e-fresh.csv', intervalCsv());
    await utimes(file, Date.now() / 1000, Date.now() / 1000);

    expect(await droplet.run({ once: false })).toMatchObject({
      listed: 1,
      delivered: 1,
      known: 0,
      waiting: 0,
    });
  });

  test.each([
    ['grows', { listed: 2, waiting: 1 }, (file: string) => appendFile(file, 'more\n')],
    ['is removed', { listed: 1, waiting: 0 }, (file: string) => rm(file)],
  ])('and %s while it is read is left to the next run, and stops no other', async (what, left, change) => {
    const droplet = await useDroplet(running);
    droplet.env.SMT_SETTLE_SECONDS = '1';
    const moving = await droplet.put(`f-${what}.csv`, intervalCsv());
    await droplet.put('f-steady.csv', intervalCsv());
    droplet.sftp.faults.beforeRead = async (file) => {
      if (file.includes(what)) await change(moving).catch(() => undefined);
      return undefined;
    };

    expect(await droplet.run()).toMatchObject({ ...left, delivered: 1, failed: 0 });
    expect(droplet.log.join('')).toMatch(/"left to the next run","file":"[^"]*f-(grows|is removed).csv"/);
    await expectEmptySpool(droplet);
  });
});

describe('names and kinds', () => {
  test('a file whose name is not UTF-8 cannot be opened, so it fails, with a reason, in every run', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('r-1.csv', intervalCsv());
    const latin = Buffer.from(`${droplet.remoteDir}/adhocusage/r-\xe9.csv`, 'latin1');
    await rename(await droplet.put('r-2.csv', intervalCsv()), latin);

    for (const delivered of [1, 0]) {
      expect(await droplet.run()).toMatchObject({ listed: 2, delivered, waiting: 0, failed: 1 });
    }
    expect(droplet.log.join('')).toMatch(
      /"failed","file":"\/adhocusage\/r-\uFFFD.csv".*its name is not UTF-8. Ask SMT to rename it/,
    );
  });

  test('a name with control characters is sent without them, once', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('r-two\nlines.csv', intervalCsv());

    expect(await droplet.run()).toMatchObject({ delivered: 1, failed: 0 });
    expect(await droplet.run()).toMatchObject({ known: 1, delivered: 0 });
    expect(await finishedRows(running, ['r-two_lines.csv'])).toMatchObject([{ status: 'normalized' }]);
  });

  test('a link to a file is a file, and what is neither file nor folder is counted and named', async () => {
    const droplet = await useDroplet(running);
    const folder = path.join(droplet.remoteDir, 'adhocusage');
    const file = await droplet.put('deeper/r-target.csv', intervalCsv());
    await symlink(file, path.join(folder, 'r-link.csv'));
    await symlink(folder, path.join(folder, 'deeper/r-circle'));
    await symlink('/nowhere', path.join(folder, 'r-dangling.csv'));

    expect(await droplet.run({ concurrency: 1 })).toMatchObject({
      listed: 2,
      delivered: 2,
      skipped: 2,
      failed: 0,
    });
    expect([...droplet.sftp.opened.keys()].sort()).toEqual([
      '/adhocusage/deeper/r-target.csv',
      '/adhocusage/r-link.csv',
    ]);
    const log = droplet.log.join('');
    expect(log).toMatch(
      /"skipped","file":"\/adhocusage\/deeper\/r-circle","reason":"it is a link to a folder"/,
    );
    expect(log).toMatch(/"skipped","file":"\/adhocusage\/r-dangling.csv","reason":"it is a link to nothing"/);
  });
});
