import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3EventRecord } from 'aws-lambda';
import type { Access } from '../../infra/local/iam/authority.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import type { StackDescription } from '../../infra/local/template/description.ts';
import { inspectFile, uploadFile } from '../../infra/local/upload.ts';
import { checkpointKey, replayedKey } from '../../shared/raw-files/object-key.ts';
import { openDatabase } from '../../shared/storage/database.ts';

const fixtures = path.join(import.meta.dirname, '../fixtures/pgp');

export interface ScenarioOptions {
  /** Output of the CDK app. */
  readonly assemblyDir: string;
  /** An empty folder. */
  readonly stateDir: string;
  /** A Postgres to use instead of an embedded one. */
  readonly databaseUrl?: string;
  /** How long to wait for each expectation; default 3 min, for slow hosts. */
  readonly patienceMs?: number;
  /** Ends at the first call that is denied and the first expectation that is not met. */
  readonly stopsAtFirst?: boolean;
}

export interface ScenarioResult {
  /** Each call that the policies allowed or denied. */
  readonly accesses: readonly Access[];
  readonly policies: StackDescription['policies'];
  /** Expectations that were not met; empty on success. */
  readonly missed: readonly string[];
}

/**
 * Drives a local stack through everything that its functions have grants for: uploads, drops, encrypted, deleted, lost
 * and failing files, replays, sweeps and the API. It does not read policies: each expectation is what a user or
 * operator would see.
 */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioResult> {
  const accesses: Access[] = [];
  const missed: string[] = [];
  const stopped = new AbortController();
  const onAccess = (access: Access): void => {
    accesses.push(access);
    if (options.stopsAtFirst && !access.decision.isAllowed) stopped.abort();
  };
  await storePgpKey(options);
  const lost = new Set<string>();
  const early = new Map<string, () => Promise<void>>();
  const stack = await startLocalStack({
    ...options,
    timeScale: 0.01,
    minTimeoutMs: 60_000, // processes take the time that they take
    graceMs: 0,
    onAccess,
    intercept: {
      s3Event: async (record: S3EventRecord) => {
        await early.get(record.s3.object.key)?.();
        return lost.has(record.s3.object.key) ? [] : [0];
      },
    },
  });
  const database = openDatabase({
    connectionString: stack.databaseUrl,
    maxConnections: 1,
    applicationName: 'scenario',
  });
  try {
    const scenario = new Scenario(stack, options, stopped.signal, async (statement, values) => {
      const { rows } = await database.pool.query(statement, [...values]);
      return rows as Record<string, unknown>[];
    });
    for (const [name, step] of scenario.steps(lost, early)) {
      await step().catch((error: Error) => missed.push(`${name}: ${error.message}`));
      if (options.stopsAtFirst && (missed.length > 0 || stopped.signal.aborted)) break;
    }
  } finally {
    await database.close();
    await stack.stop();
  }
  return { accesses, policies: stack.description.policies, missed };
}

type Query = (statement: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>;
type Step = readonly [string, () => Promise<void>];

class Scenario {
  private readonly stack: LocalStack;
  private readonly options: ScenarioOptions;
  private readonly stopped: AbortSignal;
  private readonly query: Query;
  private readonly s3: S3Client;

  constructor(stack: LocalStack, options: ScenarioOptions, stopped: AbortSignal, query: Query) {
    this.stack = stack;
    this.options = options;
    this.stopped = stopped;
    this.query = query;
    const { url, region, credentials } = stack.s3;
    this.s3 = new S3Client({ endpoint: url, region, credentials, forcePathStyle: true });
  }

  steps(lost: Set<string>, early: Map<string, () => Promise<void>>): readonly Step[] {
    return [
      ['an upload is normalized and announced', () => this.upload()],
      ['a dropped file is normalized', () => this.drop('drop/a.csv', '10443720000000001')],
      ['an encrypted file is normalized', () => this.encrypted()],
      ['the API lists, shows and downloads files', () => this.files()],
      ['the API serves usage, its description and pages', () => this.api()],
      ['every route reaches its function', () => this.routes()],
      ['the sweep announces what was not', () => this.announcedLate()],
      ['a replay loads a file again and leaves its marker', () => this.replay('drop/a.csv')],
      ['a failing read is retried within seconds', () => this.retried()],
      [
        'a file that is deleted before register reads it fails for that reason',
        () => this.deletedEarly(early),
      ],
      ['a file that is deleted before normalize reads it fails for that reason', () => this.deletedLate()],
      ['a file whose event is lost is found by the sweep', () => this.lostEvent(lost)],
      ['the status knows that no sweep has completed', () => this.neverSwept()],
      ['the sweep handles a dead-letter message', () => this.deadLetter()],
      ['the sweep registers what register failed to', () => this.failedEvent(lost)],
      ['an erased ESIID takes its object with it', () => this.erased()],
      ['an event that register fails for good is kept', () => this.keptEvent()],
    ];
  }

  private async upload(): Promise<void> {
    const file = path.join(this.options.stateDir, 'upload.csv');
    await writeFile(file, csvOf('10443720000000000'));
    const upload = await uploadFile(this.stack, file, await inspectFile(file));
    if (upload.kind !== 'uploaded') throw new Error('it was stored before');
    await this.reaches(upload.objectKey, { status: 'normalized', announced: true });
  }

  private async drop(key: string, esiid: string): Promise<void> {
    await this.put(key, csvOf(esiid));
    await this.reaches(key, { status: 'normalized' });
  }

  private async encrypted(): Promise<void> {
    await this.put('drop/to-old.zip.asc', await readFile(path.join(fixtures, 'to-old.zip.asc')));
    await this.reaches('drop/to-old.zip.asc', { status: 'normalized' });
  }

  private async files(): Promise<void> {
    const { id } = await this.row('drop/a.csv');
    await this.get('/api/admin/smt/raw-files?limit=5');
    await this.get(`/api/admin/smt/raw-files/${id}`);
    const response = await this.get(`/api/admin/smt/raw-files/${id}/download`, { redirect: 'manual' });
    const url = response.headers.get('location') ?? ((await response.json()) as { url: string }).url;
    const downloaded = await fetch(url);
    if ((await downloaded.text()) !== csvOf('10443720000000001')) throw new Error(`${downloaded.status}`);
  }

  private async api(): Promise<void> {
    const day = 'from=2024-06-01&to=2024-06-02';
    for (const route of [`usage?esiid=10443720000000001&${day}`, 'usage/esiids', 'openapi.json'])
      await this.get(`/api/${route}`);
    for (const page of ['/health', '/', '/usage']) await this.get(page);
  }

  /** A function that API Gateway may not invoke is an internal error; any response of the function itself is fine. */
  private async routes(): Promise<void> {
    for (const { routeKey } of this.stack.description.routes) {
      const [method = 'GET', path = '/'] = routeKey.split(' ');
      const headers = { 'x-admin-token': this.stack.adminToken };
      const url = `${this.stack.apiUrl}${path.replace(/\{\w+\}/g, '1')}`;
      const response = await fetch(url, { method, headers, redirect: 'manual' });
      if (response.status === 500) throw new Error(`${routeKey}: ${await response.text()}`);
    }
  }

  private async announcedLate(): Promise<void> {
    await this.query('update raw_files set announced_at = null where object_key = $1', ['drop/a.csv']);
    await this.until(async () => (await this.row('drop/a.csv')).announced_at !== null, 'not announced');
  }

  private async replay(key: string): Promise<void> {
    const { id, attempts } = await this.row(key);
    await this.get(`/api/admin/smt/normalize?id=${id}`, { method: 'POST' });
    await this.until(async () => (await this.row(key)).attempts !== attempts, 'not another attempt');
    const marker = new HeadObjectCommand({ Bucket: this.stack.s3.bucket, Key: replayedKey });
    await this.until(() => this.s3.send(marker).then(() => true), 'no marker');
  }

  private async retried(): Promise<void> {
    const key = 'drop/slow.csv';
    const matches = (target: { key: string | undefined; operation: string }) =>
      target.key === key && target.operation === 'GetObject';
    // register reads it once, to hash it, and the SDK tries each request three times.
    let reads = 0;
    this.stack.s3.faults.inject({
      kind: 'slow-down',
      times: 3,
      matches: (target) => matches(target) && ++reads > 1,
    });
    await this.put(key, csvOf('10443720000000002'));
    await this.reaches(key, { status: 'normalized' }, 45_000); // less than the queue's visibility timeout
  }

  private async deletedEarly(early: Map<string, () => Promise<void>>): Promise<void> {
    const key = 'drop/deleted-early.csv';
    early.set(key, () => this.delete(key));
    await this.put(key, csvOf('10443720000000003'));
    await this.until(async () => (await this.row(key)).error_code === 'object-deleted', 'no error');
  }

  private async deletedLate(): Promise<void> {
    const key = 'drop/deleted-late.csv';
    await this.drop(key, '10443720000000004');
    const { id } = await this.row(key);
    await this.delete(key);
    await this.get(`/api/admin/smt/normalize?id=${id}`, { method: 'POST' });
    await this.until(async () => (await this.row(key)).error_code === 'object-deleted', 'no error');
  }

  private async lostEvent(lost: Set<string>): Promise<void> {
    lost.add('drop/lost.csv');
    await this.drop('drop/lost.csv', '10443720000000005');
    const head = new HeadObjectCommand({ Bucket: this.stack.s3.bucket, Key: checkpointKey });
    await this.until(() => this.s3.send(head).then(() => true), 'no checkpoint');
  }

  /** A sweep may complete between deleting its checkpoint and the question, so it is asked several times. */
  private async neverSwept(): Promise<void> {
    for (let times = 0; times < 10; times++) {
      await this.s3.send(new DeleteObjectCommand({ Bucket: this.stack.s3.bucket, Key: checkpointKey }));
      await this.get('/api/admin/smt/status');
    }
  }

  private async erased(): Promise<void> {
    const key = 'drop/erased.csv';
    await this.drop(key, '10443720000000007');
    const body = JSON.stringify({ esiid: '10443720000000007', reason: 'scenario', requested_by: 'scenario' });
    await this.get('/api/admin/smt/erasures', { method: 'POST', body });
    const head = new HeadObjectCommand({ Bucket: this.stack.s3.bucket, Key: key });
    const isDeleted = () =>
      this.s3.send(head).then(
        () => false,
        (error: Error) => error.name === 'NotFound',
      );
    await this.until(isDeleted, 'its object is still there');
  }

  private async deadLetter(): Promise<void> {
    const { id } = await this.row('drop/a.csv');
    await this.stack.queues.send('ToNormalizeDeadLetters', JSON.stringify({ rawFileId: id }));
    await this.until(async () => (await this.countOf('ToNormalizeDeadLetters')) === 0, 'it is still there');
  }

  private async failedEvent(lost: Set<string>): Promise<void> {
    const key = 'drop/failed-event.csv';
    lost.add(key);
    const { VersionId: versionId } = await this.put(key, csvOf('10443720000000006'));
    const s3 = { bucket: { name: this.stack.s3.bucket }, object: { key, versionId, size: 1 } };
    const requestPayload = { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3 }] };
    await this.stack.queues.send('RegisterFailures', JSON.stringify({ requestPayload }));
    await this.until(async () => (await this.failures()) === 0, 'it is still there');
    await this.reaches(key, { status: 'normalized' });
  }

  private async keptEvent(): Promise<void> {
    this.stack.functions.invokeAsync('Register', { Records: 'none of S3' });
    await this.until(async () => (await this.failures()) === 1, 'it is not in the queue');
  }

  private failures = () => this.countOf('RegisterFailures');

  private async countOf(queue: string): Promise<number> {
    const { visible, inFlight, delayed } = await this.stack.queues.counts(queue);
    return visible + inFlight + delayed;
  }

  private put(key: string, body: string | Buffer) {
    return this.s3.send(new PutObjectCommand({ Bucket: this.stack.s3.bucket, Key: key, Body: body }));
  }

  /** Removes the only version. */
  private async delete(key: string): Promise<void> {
    const { bucket } = this.stack.s3;
    const { VersionId } = await this.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    await this.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId }));
  }

  private async get(route: string, init: RequestInit = {}): Promise<Response> {
    const headers = { 'x-admin-token': this.stack.adminToken };
    const response = await fetch(`${this.stack.apiUrl}${route}`, { ...init, headers });
    if (response.status >= 400) throw new Error(`${route}: ${response.status} ${await response.text()}`);
    return response;
  }

  private async row(key: string): Promise<Record<string, unknown>> {
    const [row] = await this.query('select * from raw_files where object_key = $1', [key]);
    if (!row) throw new Error(`${key} has no row`);
    return row;
  }

  private async reaches(
    key: string,
    { status, announced = false }: { readonly status: string; readonly announced?: boolean },
    patienceMs?: number,
  ): Promise<void> {
    let seen = 'no row';
    const arrived = async () => {
      const row = await this.row(key);
      seen = `${row.status} ${row.error_code ?? ''}`;
      return row.status === status && (!announced || row.announced_at !== null);
    };
    await this.until(arrived, () => `${key} is ${seen}`, patienceMs);
  }

  private async until(
    isSo: () => Promise<boolean>,
    otherwise: string | (() => string),
    patienceMs = this.options.patienceMs ?? 180_000,
  ): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (; Date.now() < deadline && !this.stopped.aborted; await sleep(200)) {
      if (await isSo().catch(() => false)) return;
    }
    throw new Error(typeof otherwise === 'string' ? otherwise : otherwise());
  }
}

/** A day of one meter; as long as one, since S3's time of a dropped file is its revision. */
function csvOf(esiid: string): string {
  const lines = Array.from({ length: 96 }, (_, slot) => {
    const time = (minutes: number) =>
      `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
    return `${esiid},06/01/2024,06/02/2024 08:00:00,${time(slot * 15)},${time(slot * 15 + 15)},0.250,A,Consumption`;
  });
  const header =
    'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION';
  return `${[header, ...lines].join('\n')}\n`;
}

/** Puts the key of the encrypted file where the local run keeps its secrets. */
async function storePgpKey({ assemblyDir, stateDir }: ScenarioOptions): Promise<void> {
  const template = await readFile(path.join(assemblyDir, 'SmtIngest-dev.template.json'), 'utf8');
  const id = Object.keys((JSON.parse(template) as { Resources: object }).Resources).find((name) =>
    /^PgpKeysSecret/.test(name),
  );
  const privateKey = await readFile(path.join(fixtures, 'old.key'), 'utf8');
  const keys = JSON.stringify([{ privateKey, passphrase: 'old passphrase' }]);
  await writeFile(path.join(stateDir, 'secrets.json'), JSON.stringify({ [id ?? '']: keys }));
}
