import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ListingBudget } from '../../infra/droplet/sftp/list-folder.ts';
import { RemoteFolder } from '../../infra/droplet/sftp/remote-folder.ts';
import { uploadKeyOf } from '../../shared/raw-files/object-key.ts';
import { pause } from '../integration/droplet-sftp-server.ts';
import {
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

describe('faults of SMT', () => {
  test('reconnects when the connection drops in the middle of files, and every file arrives whole', async () => {
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

  test('reopens a session that the server closes while keeping the connection', async () => {
    const droplet = await useDroplet(running);
    for (const name of ['g4-1.csv', 'g4-2.csv']) await droplet.put(name, intervalCsv());
    let closings = 2;
    droplet.sftp.faults.beforeRead = async () => (closings-- > 0 ? 'close-channel' : undefined);

    expect(await droplet.run()).toMatchObject({ delivered: 2, failed: 0 });
    expect(droplet.log.join('')).toContain('"will try again"');
    await expectEmptySpool(droplet);
  });

  test('a slow link and a server that responds in small pieces only take longer', async () => {
    const droplet = await useDroplet(running);
    const content = intervalCsv();
    await droplet.put('h-slow.csv', content);
    droplet.sftp.faults.maxReadBytes = 500;
    droplet.sftp.faults.beforeRead = () => pause(20);

    expect(await droplet.run()).toMatchObject({ delivered: 1, bytes: content.length });
    expect(await finishedRows(running, ['h-slow.csv'])).toMatchObject([{ status: 'normalized' }]);
  });

  test('a file that cannot be read is reported, and stops no other', async () => {
    const droplet = await useDroplet(running);
    for (const name of ['i-1.csv', 'i-bad.csv', 'i-2.csv']) await droplet.put(name, intervalCsv());
    droplet.sftp.faults.denied.add('/adhocusage/i-bad.csv');

    expect(await droplet.run()).toMatchObject({ delivered: 2, failed: 1 });
    expect(droplet.log.join('')).toMatch(
      /"failed","file":"\/adhocusage\/i-bad.csv","error":"remote-file-unreadable"/,
    );
  });

  test('files that the server never sends do not delay the others, in this run or the next', async () => {
    const droplet = await useDroplet(running);
    droplet.env.SMT_TIMEOUT_SECONDS = '1';
    const hanging = ['i3-a.csv', 'i3-b.csv', 'i3-c.csv', 'i3-d.csv'];
    for (const name of [...hanging, 'i3-y.csv', 'i3-z.csv']) await droplet.put(name, intervalCsv());
    for (const name of hanging) droplet.sftp.faults.hanging.add(`/adhocusage/${name}`);

    expect(await droplet.run({ concurrency: 4 })).toMatchObject({ delivered: 2, failed: 4 });
    expect(droplet.log.join('')).toMatch(
      /"failed","file":"\/adhocusage\/i3-a.csv","error":"remote-file-timeout".*no response within 1 s/,
    );

    droplet.sftp.faults.hanging.clear();
    await droplet.put('i3-x.csv', intervalCsv());
    expect(await droplet.run({ concurrency: 1 })).toMatchObject({ delivered: 5, failed: 0 });
    const opened = [...droplet.sftp.opened.keys()].map((file) => file.replace('/adhocusage/', ''));
    expect(opened).toEqual(['i3-y.csv', 'i3-z.csv', 'i3-x.csv', ...hanging]);
    expect(droplet.sftp.connections.count).toBe(2); // one a run: a file that hangs costs no connection
  });

  test('a file that hangs in the middle and a file that cannot be statted fail alone', async () => {
    const droplet = await useDroplet(running);
    droplet.env.SMT_TIMEOUT_SECONDS = '1';
    for (const name of ['i4-1.csv', 'i4-2.csv', 'i4-3.csv'])
      await droplet.put(name, intervalCsv() + '\n'.repeat(99_000));
    droplet.sftp.faults.beforeRead = async (file, position) => {
      if (file.endsWith('i4-1.csv') && position > 0) await pause(600_000);
      if (file.endsWith('i4-2.csv')) droplet.sftp.faults.hanging.add(file); // from here on: its last stat
      return undefined;
    };

    expect(await droplet.run()).toMatchObject({ delivered: 1, failed: 2 });
    await expectEmptySpool(droplet);
  });

  test('reconnects when the server stops responding but keeps the connection', async () => {
    const droplet = await useDroplet(running);
    droplet.env.SMT_TIMEOUT_SECONDS = '1';
    for (const name of ['i5-1.csv', 'i5-2.csv']) await droplet.put(name, intervalCsv());
    let silences = 1;
    droplet.sftp.faults.beforeRead = async () => {
      if (silences-- > 0) droplet.sftp.faults.isSilent = true;
      if (droplet.sftp.faults.isSilent) await pause(600_000);
      return undefined;
    };
    const recovers = setInterval(() => {
      if (droplet.sftp.faults.isSilent && droplet.log.join('').includes('will try again')) {
        droplet.sftp.faults.isSilent = false;
      }
    }, 1);
    onTestFinished(() => clearInterval(recovers));

    expect(await droplet.run({ concurrency: 1 })).toMatchObject({ delivered: 2, failed: 0 });
    expect(droplet.log.join('')).toContain('the server was silent for 1 s');
    expect(droplet.sftp.connections.count).toBe(2);
  });

  test('an endless folder is listed up to a limit, and the files found by then are delivered', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('i6-1.csv', intervalCsv());
    await droplet.put('endless/i6-2.csv', intervalCsv());
    await mkdir(path.join(droplet.remoteDir, 'adhocusage/empty'));
    droplet.sftp.faults.endless.add('/adhocusage/endless').add('/adhocusage/empty');
    const listing = (dir: string) => {
      droplet.env.SMT_REMOTE_DIR = dir;
      const remote = new RemoteFolder(droplet.configuration().sftp, new AbortController().signal);
      onTestFinished(() => remote.close());
      return remote.list(new ListingBudget({ maxEntries: 50 }));
    };

    const whole = await listing('/adhocusage');
    expect(whole.files[0]).toMatchObject({ path: expect.stringMatching(/i6-[12]\.csv$/) });
    expect(whole.unreadable).toMatchObject([{ reason: expect.stringContaining('more than 50 entries') }]);
    await expect(listing('/adhocusage/empty')).rejects.toMatchObject({ code: 'remote-folder' });
  });

  test('another host key is rejected before anything is sent, and the message says what to do', async () => {
    const droplet = await useDroplet(running);
    const impostor = await serveSftp(droplet.remoteDir, 'other-host');
    droplet.env.SMT_PORT = String(impostor.port);

    const rejected = await droplet.run().catch((error: unknown) => error);

    expect(rejected).toMatchObject({ code: 'host-key-mismatch' });
    expect(String(rejected)).toMatch(
      /presents the host key SHA256:\S+ \(ssh-rsa\), and SMT_HOST_KEY pins SHA256:\S+\. .* Ask SMT/,
    );
    expect(impostor.opened.size).toBe(0);
  });

  test('a host is recognized by any of its keys, whichever type is negotiated first', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('i2.csv', intervalCsv());
    const { port } = await serveSftp(droplet.remoteDir, 'host', 'other-host');
    Object.assign(droplet.env, { SMT_PORT: String(port), SMT_HOST_KEY: otherFingerprint });

    expect(await droplet.run()).toMatchObject({ delivered: 1, failed: 0 });
  });

  test('a host is rejected when none of its keys matches, and the message lists all of them', async () => {
    const droplet = await useDroplet(running);
    const { port } = await serveSftp(droplet.remoteDir, 'host', 'other-host');
    Object.assign(droplet.env, { SMT_PORT: String(port), SMT_HOST_KEY: `SHA256:${'A'.repeat(43)}` });

    const rejected = await droplet.run().catch((error: unknown) => error);

    expect(rejected).toMatchObject({ code: 'host-key-mismatch' });
    expect(String(rejected)).toMatch(/SHA256:\S+ \(ssh-ed25519\), SHA256:\S+ \(ssh-rsa\), and SMT_HOST_KEY/);
  });

  test('an unreachable host is retried, then reported', async () => {
    const droplet = await useDroplet(running);
    await droplet.sftp.close();

    await expect(droplet.run()).rejects.toMatchObject({ code: 'sftp-unreachable' });
    expect(droplet.log.filter((line) => line.includes('will try again'))).toHaveLength(3);
  });
});

describe('faults of the API or S3', () => {
  test('responses 429 and 503 are retried', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('j-1.csv', intervalCsv());
    const faults = [{ status: 429, headers: { 'retry-after': '0' } }, { status: 503 }];
    droplet.proxy.fault = () => faults.shift();

    expect(await droplet.run()).toMatchObject({ delivered: 1, failed: 0 });
    expect(droplet.requests('POST')).toEqual([undefined, undefined, 200]);
    expect(droplet.requests('PUT')).toEqual([200]);
  });

  test('an upload whose response was lost is detected as delivered, and is not repeated', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('k-1.csv', intervalCsv());
    let losses = 1;
    droplet.proxy.fault = (method) => (method === 'PUT' && losses-- > 0 ? 'lose-response' : undefined);

    const summary = await droplet.run();

    expect(summary).toMatchObject({ delivered: 1, failed: 0, bytes: 0 });
    const puts = droplet.requests('PUT'); // the second: 412, unless register was quicker and it was not even made
    expect(puts.filter((status) => status === 200)).toHaveLength(1);
    expect(await finishedRows(running, ['k-1.csv'])).toHaveLength(1);
  });

  test('an upload that S3 already has counts as delivered once the API confirms the same bytes', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('k-3.csv', intervalCsv());
    let losses = 1;
    droplet.proxy.fault = (method) => {
      if (method === 'PUT') return losses-- > 0 ? 'lose-response' : undefined;
      // The first upload is not registered yet, as far as the second request can see.
      const [first, ...later] = droplet.proxy.passed;
      return first?.body === undefined || later.length > 1 ? undefined : { status: 200, body: first.body };
    };

    expect(await droplet.run()).toMatchObject({ delivered: 1, failed: 0, bytes: 0 });
    expect(droplet.requests('PUT')).toEqual([200, 412]);
    expect(droplet.log.join('')).toContain('"outcome":"duplicate"');
    expect(await finishedRows(running, ['k-3.csv'])).toHaveLength(1);
  });

  test('a key with other bytes is not a delivery: the file fails in each run until the key is free', async () => {
    const droplet = await useDroplet(running);
    const content = intervalCsv();
    await droplet.put('k-4.csv', content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const upload = {
      requestedAt: new Date(),
      source: 'droplet-upload',
      esiid: null,
      sha256,
      filename: 'k-4.csv',
    };
    const key = { Bucket: running.stack.s3.bucket, Key: uploadKeyOf(upload) };
    const { url: endpoint, region, credentials } = running.stack.s3;
    const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    onTestFinished(() => s3.destroy());
    const { VersionId } = await s3.send(new PutObjectCommand({ ...key, Body: 'not these bytes' }));
    const retryPolicy = { attempts: 2, firstDelayMs: 5, maxDelayMs: 20 };

    for (let run = 0; run < 2; run++) {
      expect(await droplet.run({}, { retryPolicy })).toMatchObject({ delivered: 0, known: 0, failed: 1 });
    }
    expect(droplet.log.join('')).toMatch(/"error":"upload-unconfirmed".*other bytes occupy the key/);

    await s3.send(new DeleteObjectCommand({ ...key, VersionId }));
    expect(await droplet.run()).toMatchObject({ delivered: 1, failed: 0, bytes: content.length });
  });

  test('a duplicate of a file that failed is reported as not loaded, not as delivered', async () => {
    const droplet = await useDroplet(running);
    const content = `not,what,SMT,sends\n${randomUUID()}\n`;
    await droplet.put('k-5.csv', content);
    await droplet.run();
    expect(await finishedRows(running, ['k-5.csv'])).toMatchObject([{ status: 'failed' }]);
    await droplet.put('k-5-again.csv', content);

    expect(await droplet.run()).toMatchObject({ known: 1, delivered: 1, duplicates: 1, notLoaded: 1 });
    const again = droplet.log.filter((line) => line.includes('k-5-again.csv') && !line.includes('fetched'));
    expect(again.join('')).toMatch(/"stored, but not loaded".*"status":"failed".*see \/admin\/smt\/raw\/\d+/);
  });

  test('an upload that is cut off is repeated from the start', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('k-2.csv', intervalCsv() + '\n'.repeat(3_000_000));
    let cuts = 1;
    droplet.proxy.fault = (method) => (method === 'PUT' && cuts-- > 0 ? 'cut-body' : undefined);

    expect(await droplet.run()).toMatchObject({ delivered: 1, failed: 0 });
    expect(droplet.requests('PUT')).toEqual([undefined, 200]);
  });

  test('an expired grant is requested again', async () => {
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

  test('a rejected token ends the run at once', async () => {
    const droplet = await useDroplet(running);
    for (let index = 0; index < 9; index++) await droplet.put(`m-${index}.csv`, intervalCsv());
    droplet.env.ADMIN_TOKEN = 'not-the-token';

    await expect(droplet.run({ concurrency: 2 })).rejects.toMatchObject({ code: 'token-rejected' });
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

  test('a 403, which the API never returns, is reported as it is', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('o-0.csv', intervalCsv());
    droplet.proxy.fault = () => ({ status: 403, body: '{"message":"Forbidden"}' });

    await expect(droplet.run()).rejects.toMatchObject({
      code: 'not-the-api',
      message: expect.stringContaining('with 403: Forbidden'),
    });
  });

  test('a page that is not the API is recognized as such', async () => {
    const droplet = await useDroplet(running);
    await droplet.put('o-1.csv', intervalCsv());
    droplet.proxy.fault = () => ({ status: 200, body: '<html>Welcome</html>' });

    await expect(droplet.run()).rejects.toMatchObject({ code: 'not-the-api' });
  });
});

describe('a disk that fills up', () => {
  test('delivers what fits, reports what does not, and delivers that when there is space', async () => {
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

  test('reserves space for all files in flight together', async () => {
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
