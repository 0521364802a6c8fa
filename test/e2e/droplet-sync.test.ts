import { appendFile, readdir, readFile, rename, rm, symlink, utimes } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { keyFile, pause } from '../integration/droplet-sftp-server.ts';
import {
  dailyCsv,
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
beforeAll(async () => {
  running = await startStack();
});
afterAll(() => running?.stop());

const fixture = (name: string): Promise<Buffer> =>
  readFile(path.join(import.meta.dirname, '../fixtures/pgp', name));

describe('a sync', () => {
  test('takes every file in the folder and below it to its end, and the next one has nothing to do', async () => {
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
      { filename: 'a-daily.csv', status: 'ignored', error_code: null },
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

    await droplet.run({ since: new Date(Date.now() - 3_600_000) });

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
    await expect(droplet.run()).rejects.toMatchObject({ code: 'login-refused' });
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
  ])('and %s while it is read is left for later, and stops no other', async (what, left, change) => {
    const droplet = await useDroplet(running);
    droplet.env.SMT_SETTLE_SECONDS = '1';
    const moving = await droplet.put(`f-${what}.csv`, intervalCsv());
    await droplet.put('f-steady.csv', intervalCsv());
    droplet.sftp.faults.beforeRead = async (file) => {
      if (file.includes(what)) await change(moving).catch(() => undefined);
      return undefined;
    };

    expect(await droplet.run()).toMatchObject({ ...left, delivered: 1, failed: 0 });
    expect(droplet.log.join('')).toMatch(/"left for later","file":"[^"]*f-(grows|is removed).csv"/);
    await expectEmptySpool(droplet);
  });
});

describe('names and kinds', () => {
  test('a file whose name is not UTF-8 cannot be asked for, so it fails, with a reason, in every run', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('r-1.csv', intervalCsv());
    const latin = Buffer.from(`${droplet.remoteDir}/adhocusage/r-\xe9.csv`, 'latin1');
    await rename(await droplet.put('r-2.csv', intervalCsv()), latin);

    for (const delivered of [1, 0]) {
      expect(await droplet.run()).toMatchObject({ listed: 2, delivered, waiting: 0, failed: 1 });
    }
    expect(droplet.log.join('')).toMatch(
      /"failed","file":"\/adhocusage\/r-\uFFFD.csv".*its name is not UTF-8. Have it renamed/,
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

describe('trouble with SMT', () => {
  test('a connection that drops in the middle of files is made again, and every file arrives whole', async () => {
    const droplet = await useDroplet(running);
    const content = intervalCsv() + '\n'.repeat(300_000);
    for (const name of ['g-1.csv', 'g-2.csv', 'g-3.csv'])
      await droplet.put(name, content.replace('0.', `0.${name[2]}`));
    let drops = 2;
    droplet.sftp.faults.beforeRead = async (_, position) =>
      position > 100_000 && drops-- > 0 ? 'drop' : undefined;

    const summary = await droplet.run();

    expect(summary).toMatchObject({ delivered: 3, failed: 0 });
    expect(droplet.sftp.connections.count).toBeGreaterThanOrEqual(2);
    expect(droplet.requests('PUT')).toEqual([200, 200, 200]);
    await expectEmptySpool(droplet);
  });

  test('a session that the server closes, keeping the connection, is made again', async () => {
    const droplet = await useDroplet(running);
    for (const name of ['g4-1.csv', 'g4-2.csv']) await droplet.put(name, intervalCsv());
    let closings = 2;
    droplet.sftp.faults.beforeRead = async () => (closings-- > 0 ? 'close-channel' : undefined);

    expect(await droplet.run()).toMatchObject({ delivered: 2, failed: 0 });
    expect(droplet.log.join('')).toContain('"will try again"');
    await expectEmptySpool(droplet);
  });

  test('a slow link and a server that answers in crumbs only take longer', async () => {
    const droplet = await useDroplet(running);
    const content = intervalCsv();
    await droplet.put('h-slow.csv', content);
    droplet.sftp.faults.maxReadBytes = 500;
    droplet.sftp.faults.beforeRead = () => pause(20);

    expect(await droplet.run()).toMatchObject({ delivered: 1, bytes: content.length });
    expect(await finishedRows(running, ['h-slow.csv'])).toMatchObject([{ status: 'normalized' }]);
  });

  test('a file that cannot be read is told, and stops no other', async () => {
    const droplet = await useDroplet(running);
    for (const name of ['i-1.csv', 'i-bad.csv', 'i-2.csv']) await droplet.put(name, intervalCsv());
    droplet.sftp.faults.denied.add('/adhocusage/i-bad.csv');

    expect(await droplet.run()).toMatchObject({ delivered: 2, failed: 1 });
    expect(droplet.log.join('')).toMatch(
      /"failed","file":"\/adhocusage\/i-bad.csv","error":"remote-file-unreadable"/,
    );
  });

  test('another host key is refused before anything is sent, and the message says what to do', async () => {
    const droplet = await useDroplet(running);
    const impostor = await serveSftp(droplet.remoteDir, 'other-host');
    droplet.env.SMT_PORT = String(impostor.port);

    const refused = await droplet.run().catch((error: unknown) => error);

    expect(refused).toMatchObject({ code: 'host-key-refused' });
    expect(String(refused)).toMatch(
      /shows the host key SHA256:\S+ \(ssh-rsa\), and SMT_HOST_KEY allows SHA256:\S+\. .* Ask SMT/,
    );
    expect(impostor.opened.size).toBe(0);
  });

  test('a host is known by any of its keys, whichever type it is asked for first', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('i2.csv', intervalCsv());
    const { port } = await serveSftp(droplet.remoteDir, 'host', 'other-host');
    Object.assign(droplet.env, { SMT_PORT: String(port), SMT_HOST_KEY: otherFingerprint });

    expect(await droplet.run()).toMatchObject({ delivered: 1, failed: 0 });
  });

  test('a host is refused when none of its keys is the right one, and all of them are told', async () => {
    const droplet = await useDroplet(running);
    const { port } = await serveSftp(droplet.remoteDir, 'host', 'other-host');
    Object.assign(droplet.env, { SMT_PORT: String(port), SMT_HOST_KEY: `SHA256:${'A'.repeat(43)}` });

    const refused = await droplet.run().catch((error: unknown) => error);

    expect(refused).toMatchObject({ code: 'host-key-refused' });
    expect(String(refused)).toMatch(/SHA256:\S+ \(ssh-ed25519\), SHA256:\S+ \(ssh-rsa\), and SMT_HOST_KEY/);
  });

  test('a host that is not there is tried again, and then told', async () => {
    const droplet = await useDroplet(running);
    await droplet.sftp.close();

    await expect(droplet.run()).rejects.toMatchObject({ code: 'sftp-unreachable' });
    expect(droplet.log.filter((line) => line.includes('will try again'))).toHaveLength(3);
  });
});

describe('trouble with the API or S3', () => {
  test('answers 429 and 503 are tried again', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('j-1.csv', intervalCsv());
    const faults = [{ status: 429, headers: { 'retry-after': '0' } }, { status: 503 }];
    droplet.proxy.fault = () => faults.shift();

    expect(await droplet.run()).toMatchObject({ delivered: 1, failed: 0 });
    expect(droplet.requests('POST')).toEqual([undefined, undefined, 200]);
    expect(droplet.requests('PUT')).toEqual([200]);
  });

  test('an upload whose answer was lost is found to have arrived, and is not made twice', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('k-1.csv', intervalCsv());
    let losses = 1;
    droplet.proxy.fault = (method) => (method === 'PUT' && losses-- > 0 ? 'lose-answer' : undefined);

    const summary = await droplet.run();

    expect(summary).toMatchObject({ delivered: 1, failed: 0, bytes: 0 });
    const puts = droplet.requests('PUT'); // the second: 412, unless register was quicker and it was not even made
    expect(puts.filter((status) => status === 200)).toHaveLength(1);
    expect(await finishedRows(running, ['k-1.csv'])).toHaveLength(1);
  });

  test('an upload that S3 has already counts as delivered', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('k-3.csv', intervalCsv());
    let losses = 1;
    droplet.proxy.fault = (method) => {
      if (method === 'PUT') return losses-- > 0 ? 'lose-answer' : undefined;
      // The first upload is not registered yet, as far as the second question can tell.
      const [first] = droplet.proxy.passed;
      return first?.answer === undefined ? undefined : { status: 200, body: first.answer };
    };

    expect(await droplet.run()).toMatchObject({ delivered: 1, failed: 0, bytes: 0 });
    expect(droplet.requests('PUT')).toEqual([200, 412]);
    expect(droplet.log.join('')).toContain('"outcome":"present"');
    expect(await finishedRows(running, ['k-3.csv'])).toHaveLength(1);
  });

  test('an upload that is cut off is made again, whole', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('k-2.csv', intervalCsv() + '\n'.repeat(3_000_000));
    let cuts = 1;
    droplet.proxy.fault = (method) => (method === 'PUT' && cuts-- > 0 ? 'cut-body' : undefined);

    expect(await droplet.run()).toMatchObject({ delivered: 1, failed: 0 });
    expect(droplet.requests('PUT')).toEqual([undefined, 200]);
  });

  test('an expired grant is asked for again', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('l-1.csv', intervalCsv());
    const expired = {
      status: 403,
      body: '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>',
    };
    let expiries = 1;
    droplet.proxy.fault = (method) => (method === 'PUT' && expiries-- > 0 ? expired : undefined);

    expect(await droplet.run()).toMatchObject({ delivered: 1, failed: 0 });
    expect(droplet.requests('POST')).toEqual([200, 200]);
  });

  test('a refused token ends the run at once', async () => {
    const droplet = await useDroplet(running);
    for (let index = 0; index < 9; index++) await droplet.put(`m-${index}.csv`, intervalCsv());
    droplet.env.ADMIN_TOKEN = 'not-the-token';

    await expect(droplet.run({ concurrency: 2 })).rejects.toMatchObject({ code: 'token-refused' });
    expect(droplet.requests('POST').length).toBeLessThanOrEqual(2);
    expect(droplet.log.join('')).not.toContain('not-the-token');
    await expectEmptySpool(droplet);
  });

  test('an API that is down ends the run after a few files, and the next run goes on', async () => {
    const droplet = await useDroplet(running);
    const names = Array.from({ length: 8 }, (_, index) => `n-${index}.csv`);
    for (const name of names) await droplet.put(name, intervalCsv());
    droplet.proxy.fault = () => ({ status: 502 });

    await expect(droplet.run({ concurrency: 1 })).rejects.toMatchObject({ code: 'api-unavailable' });
    expect(droplet.sftp.opened.size).toBe(3);

    droplet.proxy.fault = undefined;
    expect(await droplet.run()).toMatchObject({ delivered: 8 });
    expect(await finishedRows(running, names)).toHaveLength(8);
  });

  test('a 403, which the API does not answer, is told as it is', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('o-0.csv', intervalCsv());
    droplet.proxy.fault = () => ({ status: 403, body: '{"message":"Forbidden"}' });

    await expect(droplet.run()).rejects.toMatchObject({
      code: 'not-the-api',
      message: expect.stringContaining('with 403: Forbidden'),
    });
  });

  test('a page that is not the API is told from it', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('o-1.csv', intervalCsv());
    droplet.proxy.fault = () => ({ status: 200, body: '<html>Welcome</html>' });

    await expect(droplet.run()).rejects.toMatchObject({ code: 'not-the-api' });
  });
});

describe('a disk that fills up', () => {
  test('takes what fits, tells what does not, and takes that when there is room', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('p-small.csv', intervalCsv());
    await droplet.put('p-large.csv', intervalCsv() + '\n'.repeat(2_000_000));
    const mb = 1024 ** 2;

    const full = await droplet.run({}, { freeBytes: async () => 2 * mb });
    expect(full).toMatchObject({ delivered: 1, failed: 1 });
    expect(droplet.log.join('')).toContain('"error":"disk-full"');
    expect(droplet.sftp.opened.has('/adhocusage/p-large.csv')).toBe(false);

    const roomy = await droplet.run({}, { freeBytes: async () => 100 * mb });
    expect(roomy).toMatchObject({ delivered: 1, known: 1, failed: 0 });
  });

  test('has room set aside for all files on the way together', async () => {
    const droplet = await useDroplet(running);
    const content = intervalCsv() + '\n'.repeat(1_000_000);
    for (let index = 0; index < 6; index++) await droplet.put(`q-${index}.csv`, `${content}${index}\n`);
    let onTheWay = 0;
    let most = 0;
    droplet.sftp.faults.beforeRead = async (_, position) => {
      if (position === 0) most = Math.max(most, ++onTheWay);
      return undefined;
    };
    droplet.proxy.fault = (method) => {
      if (method === 'PUT') onTheWay--;
      return undefined;
    };
    // The disk of a droplet with two megabytes to spare, less what is spooled there at the moment.
    const freeBytes = async (): Promise<number> => 1024 ** 2 + 2.2e6 - onTheWay * 1e6;

    expect(await droplet.run({ concurrency: 6 }, { freeBytes })).toMatchObject({ delivered: 6, failed: 0 });
    expect(most).toBeLessThanOrEqual(2);
    expect(await readdir(path.join(droplet.localDir, 'spool'))).toEqual([]);
  });
});
