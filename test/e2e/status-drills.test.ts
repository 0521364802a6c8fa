import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import type { Message } from '@aws-sdk/client-sqs';
import { sql } from 'kysely';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { z } from 'zod';
import type { statusResponse } from '../../functions/raw-files/status-schemas.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { synthesize } from '../../infra/local/synthesize.ts';
import { inspectFile, uploadFile } from '../../infra/local/upload.ts';
import { waitForFile } from '../../infra/local/wait-for-file.ts';
import { S3SweptBucket } from '../../shared/aws/s3-swept-bucket.ts';
import { usualDelivery } from '../../shared/status/expected-delivery.ts';
import { type Database, openDatabase } from '../../shared/storage/database.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { awsMetrics, type WaitingMessage } from '../support/aws-metrics.ts';
import { breachedAlarms } from '../support/breached-alarms.ts';
import { startBrowser } from '../support/browser.ts';
import { daysAgo } from '../support/days-ago.ts';
import { emittedMetrics } from '../support/emitted-metrics.ts';
import { reportSyncRun } from '../support/report-sync-run.ts';
import { esiidA, loadFile, newBlock, newRawFile } from '../support/rows.ts';
import { templateOf } from '../support/template.ts';
import { temporaryDirOfFile } from '../support/temporary-dir.ts';
import { askApi, barriersIn, openTab, putObject } from './pages-harness.ts';

/**
 * One drill for each way in which a delivery stops without an error: the metric of the alarm crosses its threshold, and the
 * status says in words what it is. Time passes by setting the times of all rows back.
 */
vi.setConfig({ testTimeout: 90_000 });

const prod = templateOf({ env: 'prod', database: 'existing' });
const lines: string[] = [];
let dir: string;
let stack: LocalStack;
let browser: Browser;
let database: Database;
let swept: S3SweptBucket;
/** Whether S3's events are lost. */
let losesEvents = false;
/** Resolves when normalize is started again; null while it runs. */
let normalizing: PromiseWithResolvers<readonly number[]> | null = null;
const waiting: WaitingMessage[] = [];
/** Functions that ended in an error. */
const failed: string[] = [];
let agedMs = 0;
let databaseEnded = false;

beforeAll(async () => {
  dir = await temporaryDirOfFile();
  const assemblyDir = path.join(dir, 'cdk.out');
  await expectDelivery(await synthesize(), assemblyDir);
  const intercept = {
    s3Event: () => (losesEvents ? [] : [0]),
    sqsMessage: (message: Message, queueArn: string) => {
      if (normalizing === null) return [0];
      waiting.push({ queueArn, message });
      return normalizing.promise;
    },
  };
  [stack, browser] = await Promise.all([
    startLocalStack({
      ...{ stateDir: path.join(dir, 'state'), assemblyDir, intercept },
      onFailure: (functionName) => failed.push(functionName),
      onDatabaseEnded: () => {
        databaseEnded = true;
      },
    }),
    startBrowser(),
  ]);
  stack.logs.onLine((line) => lines.push(line));
  const { url: endpoint, region, credentials, bucket } = stack.s3;
  swept = new S3SweptBucket(new S3Client({ endpoint, region, credentials, forcePathStyle: true }), bucket);
  database = openDatabase({
    connectionString: stack.databaseUrl,
    maxConnections: 2,
    applicationName: 'test',
  });
}, 120_000);

afterAll(async () => {
  await database?.close();
  await Promise.all([browser?.close(), stack?.stop()]);
});

/** The same stack, as if the settings of dev expected deliveries as those of prod do; events are lost after a second. */
async function expectDelivery(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const name of await readdir(from)) {
    if (!name.endsWith('.template.json')) {
      await symlink(path.join(from, name), path.join(to, name));
      continue;
    }
    const template = JSON.parse(await readFile(path.join(from, name), 'utf8')) as {
      Resources: Record<string, { Type: string; Properties: { Environment?: { Variables: object } } }>;
    };
    for (const [id, { Properties }] of Object.entries(template.Resources)) {
      const variables = Properties.Environment?.Variables ?? {};
      if (/^(?:Sweep|RawFilesApi)[0-9A-F]{8}$/.test(id)) {
        Object.assign(variables, { EXPECTED_DELIVERY: JSON.stringify(usualDelivery) });
      }
      if ('SWEEP_GRACE_SECONDS' in variables) variables.SWEEP_GRACE_SECONDS = '1';
    }
    await writeFile(path.join(to, name), JSON.stringify(template));
  }
}

const dayMs = 86_400_000;

/** Two weeks of daily files, the last one now: all is well. */
async function deliverDaily(): Promise<void> {
  await sql`truncate raw_files, interval_blocks, raw_file_meters, repeated_content, upload_requests, sync_runs
    restart identity cascade`.execute(database.kysely);
  for (let day = 14; day >= 0; day--) {
    const receivedAt = new Date(Date.now() - day * dayMs);
    await loadFile(database, [newBlock({ usageDate: daysAgo(day + 1) })], { file: { receivedAt } });
  }
  await sql`update raw_files set announced_at = now(), registered_at = received_at`.execute(database.kysely);
}

async function hoursPass(hours: number): Promise<void> {
  agedMs += hours * 3_600_000;
  const passed = sql`interval '1 hour' * ${hours}`;
  const ago = (column: string) => sql`${sql.id(column)} = ${sql.id(column)} - ${passed}`;
  const set = (columns: readonly string[]) => sql.join(columns.map(ago));
  const files = ['received_at', 'registered_at', 'queued_at', 'normalized_at', 'announced_at', 'updated_at'];
  await sql`update raw_files set ${set(files)}`.execute(database.kysely);
  await sql`update interval_blocks set ${set(['loaded_at'])}`.execute(database.kysely);
  await sql`update upload_requests set ${set(['requested_at', 'expires_at'])}`.execute(database.kysely);
  await sql`update sync_runs set ${set(['reported_at', 'succeeded_at'])}`.execute(database.kysely);
  const checkpoint = await swept.readCheckpoint();
  if (checkpoint === null) throw new Error('the sweep has not run');
  const seenAt = new Date(checkpoint.databaseSeenAt.getTime() - hours * 3_600_000);
  await swept.writeCheckpoint({ ...checkpoint, databaseSeenAt: seenAt });
}

const csv = (...rows: string[]) =>
  `ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION\n${rows.join('\n')}\n`;
const usDate = (date: string) => `${date.slice(5, 7)}/${date.slice(8)}/${date.slice(0, 4)}`;
const intervalsOf = (days: number) =>
  csv(
    `'${esiidA}',${usDate(daysAgo(days))},${usDate(daysAgo(days - 1))} 06:00:00,12:00,12:15,.5,A,Consumption`,
  );

/** Uploads a file as the droplet does, and waits for its final status. */
async function upload(content: string): Promise<void> {
  const file = path.join(dir, `${randomUUID()}.csv`);
  await writeFile(file, content);
  const { id } = await waitForFile(await uploadFile(stack, file, await inspectFile(file)), {
    database,
    bucket: stack.s3.bucket,
  });
  const isCounted = (line: string) =>
    line.includes(`"rawFileId":"${id}"`) && /"Files(?:Normalized|Ignored|Failed)":1/.test(line);
  await vi.waitFor(() => expect(lines.some(isCounted)).toBe(true), { timeout: 30_000 });
}

async function requestUpload(filename: string): Promise<void> {
  const { apiUrl, adminToken } = stack;
  const response = await fetch(`${apiUrl}/api/admin/smt/raw-upload`, {
    method: 'POST',
    headers: { 'x-admin-token': adminToken, 'content-type': 'application/json' },
    body: JSON.stringify({ filename, size_bytes: 3, sha256: 'ab'.repeat(32) }),
  });
  expect(response.status).toBe(200);
}

type SystemStatus = z.infer<typeof statusResponse>;
const status = () => askApi<SystemStatus>(stack, '/api/admin/smt/status');

/** What the status says of a code; empty if nothing. */
function saidOf({ findings }: SystemStatus, code: string): string {
  return findings
    .filter((finding) => finding.code === code)
    .map(({ message, resolve }) => `${message} ${resolve}`)
    .join('\n');
}

/** Runs the sweep; the alarms of prod that its metrics, and all others since the drill began, set off. */
async function alarms(outcome = 'ok'): Promise<readonly string[]> {
  expect(await stack.invoke('Sweep', {})).toMatchObject({ outcome });
  const ofAws = await awsMetrics(stack, { failed, waiting, agedMs });
  return breachedAlarms(prod, [...emittedMetrics(lines), ...ofAws]);
}

beforeEach(async () => {
  // What the drill before has put into the bucket must not be found again once its rows are deleted.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await stack.invoke('Sweep', {});
  await deliverDaily();
  await stack.invoke('Sweep', {});
  for (const seen of [lines, failed, waiting]) seen.length = 0;
  agedMs = 0;
});

test('Daily deliveries are no finding, and set off no alarm', async () => {
  await upload(intervalsOf(1));

  expect(await alarms()).toEqual([]);
  expect((await status()).findings).toEqual([]);
});

test('The overview shows the same, answers for one file, and fits narrow and wide, light and dark', async () => {
  await hoursPass(40);
  await reportSyncRun(stack, { files_listed: 3, newest_modified_at: `${daysAgo(2)}T18:00:00Z` });
  await upload(`no,header,of,ours,${randomUUID()}\n1,2,3,4,5\n`);
  const { page, complaints } = await openTab({ browser, stack }, '/admin/smt');
  await page.getByText('No newer intervals have come for 40 hours').waitFor();
  await page
    .getByRole('link', { name: 'Overview', exact: true })
    .and(page.locator('[aria-current]'))
    .waitFor();

  await page.getByRole('region', { name: 'Syncs' }).getByText('3 files found, 0 delivered').waitFor();
  await page.getByLabel('Name, SHA-256, object key or id').fill('IntervalData.csv');
  await page.getByRole('button', { name: 'Look' }).click();
  const answer = page.getByRole('region', { name: 'Did a file load?' });
  await answer.getByText('Yes: it is loaded as file 15').waitFor();
  await page.getByLabel('Name, SHA-256, object key or id').fill('16');
  await page.keyboard.press('Enter');
  await answer.getByText('What to do: the message quotes the first line').waitFor();

  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await barriersIn(page)).toEqual([]);
    }
  }
  expect(complaints).toEqual([]);
  await page.context().close();
});

describe('nothing comes', () => {
  test('because the droplet is dead', async () => {
    await reportSyncRun(stack);
    await hoursPass(40);

    expect(await alarms()).toEqual(['late-sources', 'late-syncs', 'no-new-intervals']);
    const said = await status();
    expect(saidOf(said, 'late-syncs')).toMatch(
      /The sync of droplet-upload has not run for 40 hours: .*list-timers/,
    );
    expect(saidOf(said, 'no-new-intervals')).toMatch(
      /for 40 hours; some are expected every 30 hours\. Since then no file has come and no upload was requested\. .*on the droplet: systemctl list-timers smt-sync/,
    );
    expect(saidOf(said, 'late-sources')).toBe(''); // it has the same cause
  });

  test('because SMT’s folder has nothing new, or nothing at all', async () => {
    await hoursPass(40);
    await reportSyncRun(stack, { files_listed: 12, newest_modified_at: `${daysAgo(2)}T18:00:00Z` });

    expect(await alarms()).toEqual(['late-sources', 'no-new-intervals']);
    const said = await status();
    expect(saidOf(said, 'late-syncs')).toBe('');
    const looked = `The sync of droplet-upload looked into the folder 0 minutes ago and found 12 files, the newest of ${daysAgo(2)}.`;
    expect(saidOf(said, 'no-new-intervals')).toContain(
      `Since then no file has come. ${looked} See whether SMT still makes files`,
    );
    await reportSyncRun(stack, { files_listed: 0 });
    expect(saidOf(await status(), 'no-new-intervals')).toContain('and found no file.');
  });

  test('because the droplet cannot log in, or reads a folder that is not there', async () => {
    await reportSyncRun(stack);
    await hoursPass(7);
    for (const code of ['login-rejected', 'remote-folder']) {
      await reportSyncRun(stack, { error_code: code, files_listed: null });

      expect(saidOf(await status(), 'late-syncs')).toMatch(
        new RegExp(`runs and fails: ${code}, 0 minutes ago; its last success was 7 hours ago\\. .*doctor`),
      );
    }
    expect(await alarms()).toEqual(['late-syncs', 'no-new-intervals']);
  });

  test('because the clock of the client is wrong, so that it puts its uploads too late', async () => {
    await requestUpload('late.csv');
    await hoursPass(7);

    expect(await alarms()).toContain('uploads-that-never-came');
    expect(saidOf(await status(), 'uploads-that-never-came')).toContain(
      '1 upload of the last day was granted and never came, the first from droplet-upload: late.csv.',
    );
  });

  test('for one source, while people go on dropping files', async () => {
    await hoursPass(40);
    await loadFile(database, [newBlock({ usageDate: daysAgo(1), revisedAt: new Date().toISOString() })], {
      file: { source: 'console-drop', receivedAt: new Date() },
    });

    expect(await alarms()).toContain('late-sources');
    expect(saidOf(await status(), 'late-sources')).toContain(
      'droplet-upload brings data on most days, and has brought none for more than 30 hours, whatever others bring',
    );
    expect(saidOf(await status(), 'no-new-intervals')).toBe('');
  });
});

describe('files come, and bring nothing new:', () => {
  test('old days only', async () => {
    await hoursPass(24 * 5);
    await sql`delete from interval_blocks where usage_date > current_date - 6`.execute(database.kysely);
    await upload(intervalsOf(20));

    expect(await alarms()).toContain('data-old');
    expect(saidOf(await status(), 'data-old')).toMatch(
      /The newest day stored is .*, \d days ago; less than 4 are expected/,
    );
  });

  test('reports of another folder', async () => {
    await hoursPass(40);
    await upload(`ESIID,METER_NUMBER,PREMISE_ADDRESS,CITY,ZIP\n${esiidA},1,${randomUUID()},Austin,78701\n`);

    expect(await alarms()).toContain('no-new-intervals');
    expect(saidOf(await status(), 'no-new-intervals')).toContain(
      'Since then came 1 file: 1 without readings.',
    );
  });

  test('copies of files that are loaded', async () => {
    const content = intervalsOf(1).replace(',.5,', `,.${Date.now() % 1000},`);
    await upload(content);
    await hoursPass(40);
    lines.length = 0;
    await putObject(stack, `drops/${randomUUID()}.csv`, content);
    await vi.waitFor(() => expect(lines.join('\n')).toContain('"FilesDuplicate":1'), { timeout: 60_000 });

    expect(await alarms()).toContain('no-new-intervals');
    expect(saidOf(await status(), 'no-new-intervals')).toMatch(
      /1 file: 1 the same bytes as a file loaded before\. Nothing came from droplet-upload, which brings data on most days\. .*list-timers/,
    );
  });

  test('files that all fail', async () => {
    await hoursPass(40);
    await upload(`no,header,of,ours,${randomUUID()}\n1,2,3,4,5\n`);

    expect(await alarms()).toEqual(expect.arrayContaining(['files-failed', 'no-new-intervals']));
    const said = await status();
    expect(saidOf(said, 'no-new-intervals')).toContain(
      'Since then came 1 file: 1 failed. Of the last file that failed: the message quotes the first line',
    );
    expect(saidOf(said, 'files-failed')).toContain(
      'unknown-header. For that one: the message quotes the first line',
    );
  });
});

describe('files come, and are not loaded:', () => {
  test('register is dead, and the sweep finds them', async () => {
    losesEvents = true;
    await putObject(stack, `drops/${randomUUID()}.csv`, intervalsOf(1).replace('.5', '.75'));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    losesEvents = false;

    expect(await alarms()).toContain('unregistered-objects');
    await sql`update raw_files set received_at = received_at - interval '20 minutes' where source = 'console-drop'`.execute(
      database.kysely,
    );
    expect(saidOf(await status(), 'unregistered-objects')).toContain(
      '1 file of the last day was registered more than ten minutes after arriving',
    );
  });

  test('normalize is stopped', async () => {
    normalizing = Promise.withResolvers();
    await putObject(stack, 'drops/waits.csv', intervalsOf(1).replace('.5', '.625'));
    await vi.waitFor(() => expect(waiting).toHaveLength(1), { timeout: 30_000 });
    await hoursPass(3);

    expect(saidOf(await status(), 'oldest-message')).toMatch(
      /File \d+ \(waits\.csv\) has waited for 3 hours to be normalized\..*mapping may be disabled/,
    );
    expect(await alarms()).toContain('oldest-message');
    normalizing.resolve([0]);
    normalizing = null;
    await vi.waitFor(async () => expect((await status()).pending.oldest).toBeNull(), { timeout: 30_000 });
  });

  test('a message is none of ours, and stays in the dead-letter queue', async () => {
    await stack.queues.send('ToNormalizeDeadLetters', 'no message of ours');

    expect(await alarms()).toContain('dead-letters');
  });

  test('the queue is stuck', async () => {
    await registerRawFile(
      database,
      newRawFile({ bucket: stack.s3.bucket, filename: 'waits.csv', receivedAt: new Date() }),
    );
    await hoursPass(7);

    const said = await status();
    expect(saidOf(said, 'oldest-message')).toMatch(
      /File \d+ \(waits\.csv\) has waited for 7 hours to be normalized\./,
    );
    expect(await alarms()).toContain('stuck-files');
  });

  test('the database is away', async () => {
    await hoursPass(7); // an idle sweep leaves the database alone for six
    const { page } = await openTab({ browser, stack }, '/admin/smt');
    await page.locator('#findings').getByText('Nothing is wrong.').waitFor();
    const pidFile = path.join(dir, 'state/postgres/postmaster.pid');
    await database.close();
    process.kill(Number((await readFile(pidFile, 'utf8')).split('\n')[0]), 'SIGINT');

    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('The database accepts no connections: nothing is loaded').waitFor();
    expect(await alarms('error')).toContain('function-errors-sweep');
    const health = await fetch(`${stack.apiUrl}/health/deep`, {
      headers: { 'x-admin-token': stack.adminToken },
    });
    expect(health.status).toBe(503);
    await vi.waitFor(() => expect(databaseEnded).toBe(true), { timeout: 30_000 }); // npm start says so
    expect((await fetch(`${stack.apiUrl}/health`)).status).toBe(200);
  });
});
