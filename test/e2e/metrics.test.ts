import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, expect, test, vi } from 'vitest';
import { accessLogQueries, functionLogQueries } from '../../infra/constructs/monitoring/queries.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { inspectFile, uploadFile } from '../../infra/local/upload.ts';
import { waitForFile } from '../../infra/local/wait-for-file.ts';
import { openDatabase } from '../../shared/storage/database.ts';
import { breachedAlarms } from '../support/breached-alarms.ts';
import { codeBlocks } from '../support/code-blocks.ts';
import { daysAgo } from '../support/days-ago.ts';
import { type EmittedMetric, emittedMetrics } from '../support/emitted-metrics.ts';
import { namedMetrics } from '../support/monitored-metrics.ts';
import { reportSyncRun } from '../support/report-sync-run.ts';
import { dailyCsv } from '../support/smt-reads.ts';
import { templateOf } from '../support/template.ts';
import { temporaryDirOfFile } from '../support/temporary-dir.ts';
import { variants } from '../support/variants.ts';

const esiid = '10443720000000001';
const header =
  'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION';
const stamp = '03/02/2025 06:00:00';
const row = (
  start: string,
  end: string,
  kwh: string,
  { id = `'${esiid}`, date = '03/01/2025', revised = stamp } = {},
) => `${id},${date},${revised},${start},${end},${kwh},A,Consumption`;
const csv = (...rows: string[]) => `${[header, ...rows].join('\n')}\n`;

const goodFile = csv(row('00:00', '00:15', '.5'), row('00:15', '00:30', '.25'));
const yesterday = daysAgo(1).replace(/(\d+)-(\d+)-(\d+)/, '$2/$3/$1');
const newFile = csv(row('12:00', '12:15', '.5', { date: yesterday, revised: `${yesterday} 23:00:00` }));
/** A whole day, and SMT's daily read of it, which agrees. */
const quarterHours = Array.from({ length: 97 }, (_, i) => new Date(i * 900_000).toISOString().slice(11, 16));
const wholeDayFile = csv(
  ...quarterHours.slice(1).map((end, i) => row(quarterHours[i] ?? '', end, '.25', { date: '02/28/2025' })),
);
const dailyFile = dailyCsv([{ esiid, date: '2025-02-28', milliKwh: 24_000 }]).toString();
/** Daily reads, the last with a register that no meter shows. */
const poorDailyFile = `${dailyFile.trimEnd()}\n'${esiid},03/02/2025,03/03/2025 06:00:00,much,2,1\n`;
/** A row for each reason to reject one, and one without a reading. */
const poorFile = csv(
  row('00:00', '00:15', '.5'),
  row('00:15', '00:30', ''),
  row('00:30', '00:45', '.5', { id: '1.04437E+16' }),
  row('00:45', '01:00', 'much'),
  row('01:00', '01:15', '.5', { date: '13/13/2025' }),
  'not a row at all',
);

interface Run {
  readonly lines: string[];
  readonly healthy: readonly EmittedMetric[];
  readonly all: readonly EmittedMetric[];
}

let run: Run;

/** A stack with a good run first, then everything that can be wrong with files and clients. */
beforeAll(async () => {
  for (const variant of variants) templateOf(variant); // each takes seconds, which no single test has to spare
  const dir = await temporaryDirOfFile();
  const stack = await startLocalStack({
    stateDir: path.join(dir, 'state'),
  });
  const lines: string[] = [];
  stack.logs.onLine((line) => lines.push(line));
  try {
    const bring = bringer(stack, dir);
    await bring(goodFile);
    await bring(newFile);
    await bring(wholeDayFile);
    await bring(dailyFile);
    await waitForLine(lines, '"DaysAgreeing":1');
    await firstUpload(stack, dir);
    await waitForLine(lines, /IntervalData.*"FilesNormalized":1/s);
    await reportSyncRun(stack);
    await sweep(stack);
    const healthy = emittedMetrics(lines);

    await drop(stack, 'copy.csv', goodFile);
    await bring(`ESIID,METER_NUMBER,PREMISE_ADDRESS,CITY,ZIP\n${esiid},1,1 Main St,Austin,78701\n`);
    await bring(poorDailyFile);
    await bring('');
    await bring(poorFile);
    for (let guess = 0; guess < 20; guess++) await guessToken(stack);
    await stack.queues.send(normalizeQueueOf(stack), 'no message of ours');
    await waitForLine(lines, '"FilesDuplicate":1');
    await waitForLine(lines, 'normalization will be retried');
    await sweep(stack);
    run = { lines, healthy, all: emittedMetrics(lines) };
  } finally {
    await stack.stop();
  }
}, 120_000);

/** The shell commands of DEPLOY.md, as typed. */
async function firstUpload({ apiUrl, adminToken }: LocalStack, dir: string): Promise<void> {
  const commands = codeBlocks(readFileSync('infra/DEPLOY.md', 'utf8'), 'bash');
  const upload = commands.find((block) => block.includes('/api/admin/smt/raw-upload')) ?? '';
  await writeFile(path.join(dir, 'IntervalData.csv'), csv(row('03:00', '03:15', '.125')));
  await promisify(execFile)('bash', ['-euc', upload], {
    cwd: dir,
    env: { ...process.env, API: apiUrl, ADMIN_TOKEN: adminToken },
  });
}

/** Uploads content as a new file and waits until it reaches a final status. */
function bringer(stack: LocalStack, dir: string) {
  return async (content: string) => {
    const file = path.join(dir, `${randomUUID()}.csv`);
    await writeFile(file, content);
    const uploaded = await uploadFile(stack, file, await inspectFile(file));
    const database = openDatabase({
      connectionString: stack.databaseUrl,
      maxConnections: 1,
      applicationName: 'test',
    });
    await waitForFile(uploaded, { database, bucket: stack.s3.bucket });
    await database.close();
  };
}

async function drop({ s3 }: LocalStack, key: string, content: string): Promise<void> {
  const client = new S3Client({
    endpoint: s3.url,
    region: s3.region,
    credentials: s3.credentials,
    forcePathStyle: true,
  });
  await client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: key, Body: content }));
}

async function guessToken({ apiUrl }: LocalStack): Promise<void> {
  const response = await fetch(`${apiUrl}/api/admin/smt/raw-files`, {
    headers: { 'x-admin-token': 'guess' },
  });
  expect(response.status).toBe(401);
}

function normalizeQueueOf({ description }: LocalStack): string {
  return description.queues.find(({ redrive }) => redrive)?.arn ?? '';
}

async function sweep(stack: LocalStack): Promise<void> {
  expect(await stack.invoke('Sweep', {})).toMatchObject({ outcome: 'ok' });
}

async function waitForLine(lines: readonly string[], part: string | RegExp): Promise<void> {
  await vi.waitFor(() => expect(lines.join('\n')).toMatch(part), { timeout: 60_000 });
}

const identityOf = ({ name, dimensions }: { name: string; dimensions: Readonly<Record<string, string>> }) =>
  `${name} ${JSON.stringify(Object.fromEntries(Object.entries(dimensions).sort()))}`;

test.each(variants)(
  'Every metric and dimension that an alarm or widget names is one that is emitted: %o',
  (variant) => {
    const emitted = new Set(run.all.map(identityOf));

    const named = namedMetrics(templateOf(variant)).filter(({ namespace }) => namespace === 'SmtIngest');

    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((metric) => !emitted.has(identityOf(metric)))).toEqual([]);
  },
);

test('The first upload of DEPLOY.md arrives', () => {
  const words = run.lines.filter((line) => line.includes('IntervalData.csv')).join('\n');

  expect(words).toContain('raw file registered');
  expect(words).toContain('normalization complete filesProcessed=1 intervalsInserted=1');
});

test('A good day triggers no alarm, a bad one the alarms of what went wrong', () => {
  const stack = templateOf({ env: 'prod', database: 'existing' });

  expect(breachedAlarms(stack, run.healthy)).toEqual([]);
  expect(breachedAlarms(stack, run.all)).toEqual([
    'authentication-failures',
    'files-failed',
    'rejected-rows',
  ]);
});

test('A single file that the sweep finds lost, stuck or never uploaded triggers its alarm', () => {
  const found = ['StuckFiles', 'UnregisteredObjects', 'PresignedNotUploaded'];
  const metrics = run.healthy.map((metric) =>
    found.includes(metric.name) ? { ...metric, value: 1 } : metric,
  );

  const breached = breachedAlarms(templateOf({ env: 'prod', database: 'existing' }), metrics);

  expect(breached).toEqual(['stuck-files', 'unregistered-objects', 'uploads-that-never-came']);
});

test('A sweep that does not report and files that do not arrive trigger their alarms', () => {
  const stack = templateOf({ env: 'prod', database: 'existing' });

  expect(breachedAlarms(stack, [])).toEqual(['no-new-intervals', 'sweep-silent']);
});

test('Every field that a saved query of the functions names is in their logs', () => {
  const logged = new Set(run.lines.flatMap((line) => fieldsOf(line)));
  const ofInsights = ['@timestamp'];

  const missing = Object.values(functionLogQueries)
    .flatMap(namedFields)
    .filter((field) => !logged.has(field) && !ofInsights.includes(field));

  expect(missing).toEqual([]);
});

test('Every field that a saved query of the access logs names is in their format', () => {
  const [stage] = Object.values(
    templateOf({ env: 'dev', database: 'existing' }).ofType('AWS::ApiGatewayV2::Stage'),
  );
  const { Format } = (stage as { AccessLogSettings: { Format: string } }).AccessLogSettings;

  const missing = Object.values(accessLogQueries)
    .flatMap(namedFields)
    .filter((field) => !(field in JSON.parse(Format)));

  expect(missing).toEqual([]);
});

test('Every step of a file logs its key and the request id', () => {
  const steps = [
    'upload granted',
    'raw file registered',
    'normalization complete filesProcessed=1 intervalsInserted=1',
  ];

  for (const step of steps) {
    const lines = run.lines.filter((line) => line.includes(step) && line.includes('IntervalData.csv'));
    expect(lines.map((line) => fieldsOf(line))).toEqual([
      expect.arrayContaining(['function_request_id', 'objectKey', 'service', 'timestamp']),
    ]);
  }
  expect(run.lines.join('\n')).toMatch(/"message":"file announced".*"rawFileId":"\d+"/);
});

test('Logs hold no token and no presigned URL', () => {
  const text = run.lines.join('\n');

  expect(text).not.toMatch(/X-Amz-Signature|x-admin-token|Bearer /i);
  expect(text).not.toContain('guess');
});

function fieldsOf(line: string): string[] {
  try {
    const fields = JSON.parse(line) as Record<string, unknown>;
    const { error } = fields as { error?: unknown };
    const nested =
      typeof error === 'object' && error !== null ? Object.keys(error).map((name) => `error.${name}`) : [];
    return [...Object.keys(fields), ...nested];
  } catch {
    return []; // what Node itself logs on exit
  }
}

/** Field names in a query: all words but literals, aliases, functions and the language's own. */
function namedFields(query: string): string[] {
  const aliases = new Set([...query.matchAll(/\bas (\w+)/g)].map(([, alias]) => alias));
  const language =
    /^(?:fields|filter|stats|sort|limit|by|as|or|and|like|in|desc|asc|latest|count|sum|avg|ispresent|\d+)$/;
  const words = query.replace(/"[^"]*"|\/[^/]*\//g, '').match(/@?[a-zA-Z_][\w.]*/g) ?? [];
  return words.filter((word) => !language.test(word) && !aliases.has(word));
}
