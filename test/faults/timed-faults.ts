import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { encodeNormalizeMessage } from '../../shared/raw-files/normalize-message.ts';
import type { TimedFault } from './plan.ts';
import type { UploadLog } from './uploads.ts';
import type { World } from './world.ts';

/** What replays are known to have done. */
export interface ReplayLog {
  /** How often each file was requeued. */
  readonly counts: Map<string, number>;
  /** The response to a replay was lost, so any file may have been requeued by it. */
  isIncomplete: boolean;
}

/** What withdrawals and expirations are known to have done. */
interface RemovalLog {
  /** Files whose withdrawal was confirmed. */
  readonly withdrawn: Set<string>;
  /** The response to a withdrawal was lost, so that file may be withdrawn. */
  readonly maybeWithdrawn: Set<string>;
  /** Files that were normalized when their object expired. */
  readonly expired: Set<string>;
}

/** What was done to files on purpose, for the checks. */
export interface OperatorLog {
  readonly replays: ReplayLog;
  readonly removals: RemovalLog;
  readonly uploads: UploadLog;
}

/** Injects one fault now. */
export async function injectNow(world: World, { kind, chance }: TimedFault, log: OperatorLog): Promise<void> {
  const { replays } = log;
  const { faults } = world.stack.s3;
  switch (kind) {
    case 'worker-killed':
      return killWorker(world, chance);
    case 'connections-cut':
      return world.cutConnections();
    case 'postgres-restarted':
      return world.restartPostgres();
    case 'postgres-crashed':
      return crashPostgres(world);
    case 's3-unavailable':
      return faults.inject({ kind: 'slow-down', times: Math.ceil(20 * chance) });
    case 's3-slow':
      return faults.inject({ kind: 'delay', delayMs: 100 + 5_000 * chance, times: Math.ceil(4 * chance) });
    case 's3-cut':
      return faults.inject({ kind: 'cut-body', afterBytes: Math.floor(6_000 * chance), times: 3 });
    case 'lease-cut-short':
      return cutLeaseShort(world);
    case 'two-sweeps':
      await Promise.all([world.stack.invoke('Sweep', {}), world.stack.invoke('Sweep', {})]);
      return;
    case 'replay':
      return replaySome(
        world,
        chance < 0.5 ? 'status=any&limit=5' : 'status=failed,normalized&limit=20',
        replays,
      );
    case 'rows-locked':
      return lockRows(world, chance);
    case 'object-expired':
      return expireObject(world, chance, log);
    case 'withdraw':
      return withdrawOne(world, chance, log.removals);
  }
}

/** Holds a third of the rows locked, as a host does that is lost in a transaction. */
async function lockRows(world: World, chance: number): Promise<void> {
  const client = await world.connect();
  await client.query('begin');
  await client.query('select from raw_files where id % 3 = $1 for update skip locked', [
    Math.floor(3 * chance),
  ]);
  await sleep(500 + 2_500 * chance);
  await client.end();
}

interface NormalizedFile {
  readonly id: string;
  readonly key: string;
  readonly versionId: string;
}

/** How long a fault that needs a normalized file waits for the first. */
const firstNormalizedMs = 20_000;

/** One of the files that are normalized, once there are any. @throws Error if there is none in time */
async function pickNormalized(world: World, chance: number): Promise<NormalizedFile> {
  for (const endMs = Date.now() + firstNormalizedMs; Date.now() < endMs; await sleep(100)) {
    const file = await findNormalized(world, chance).catch(() => undefined); // the server may be restarting
    if (file) return file;
  }
  throw new Error('no file was normalized');
}

async function findNormalized(world: World, chance: number): Promise<NormalizedFile | undefined> {
  const client = await world.connect();
  try {
    const { rows } = await client.query<NormalizedFile>(`
      select id, object_key as key, version_id as "versionId" from raw_files where status = 'normalized' order by id`);
    return rows[Math.floor(rows.length * chance)];
  } finally {
    await client.end();
  }
}

/** Deletes the object of a normalized file, as its expiration does, and replays the file. */
async function expireObject(
  world: World,
  chance: number,
  { removals, replays, uploads }: OperatorLog,
): Promise<void> {
  const file = await pickNormalized(world, chance);
  const s3 = world.s3Client();
  uploads.deleted.add(`${file.key} ${file.versionId}`);
  removals.expired.add(file.id);
  await s3.send(
    new DeleteObjectCommand({ Bucket: world.stack.s3.bucket, Key: file.key, VersionId: file.versionId }),
  );
  s3.destroy();
  await replaySome(world, `id=${file.id}`, replays);
}

/** Withdraws a normalized file as an operator would. */
async function withdrawOne(
  world: World,
  chance: number,
  { withdrawn, maybeWithdrawn }: RemovalLog,
): Promise<void> {
  const file = await pickNormalized(world, chance);
  const { apiUrl, adminToken } = world.stack;
  maybeWithdrawn.add(file.id);
  const response = await fetch(`${apiUrl}/api/admin/smt/raw-files/${file.id}/withdraw`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ requested_by: 'fault-injection harness', reason: 'injected' }),
  });
  if (response.ok) withdrawn.add(file.id);
}

async function killWorker(world: World, chance: number): Promise<void> {
  const workers = world.workers();
  const busy = workers.filter(({ isBusy }) => isBusy);
  const choice = busy.length > 0 ? busy : workers;
  await choice[Math.floor(choice.length * chance)]?.kill();
}

/** Kills the process behind one connection: the whole server then drops all others and recovers. */
async function crashPostgres(world: World): Promise<void> {
  const client = await world.connect();
  const { rows } = await client.query<{ pid: number }>(
    "select pid from pg_stat_activity where datname = current_database() and application_name <> ''",
  );
  const [backend] = rows;
  if (backend) process.kill(backend.pid, 'SIGKILL');
  await client.end().catch(() => undefined);
}

/**
 * Expires a lease in the database while its worker is alive and working, as clock skew or a hung worker would: another
 * worker gets the file.
 */
async function cutLeaseShort(world: World): Promise<void> {
  world.stack.s3.faults.inject({
    kind: 'delay',
    delayMs: 400,
    times: 3,
    matches: ({ operation }) => operation === 'GetObject',
  });
  const client = await world.connect();
  for (let tries = 0; tries < 40; tries++) {
    const { rows } = await client.query<{ id: string }>(`
      update raw_files set lease_expires_at = clock_timestamp()
      where id = (select max(id) from raw_files where status = 'normalizing' and lease_expires_at > now())
      returning id`);
    const [row] = rows;
    if (row) {
      const queue = world.stack.description.eventSources[0]?.queueArn ?? '';
      await world.stack.queues.send(queue, encodeNormalizeMessage(row.id));
      break;
    }
    await sleep(20);
  }
  await client.end();
}

/** Replays as an operator would. */
export async function replaySome(world: World, query: string, replays: ReplayLog): Promise<void> {
  const { apiUrl, adminToken } = world.stack;
  try {
    const response = await fetch(`${apiUrl}/api/admin/smt/normalize?${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}` },
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const { files } = (await response.json()) as { files: { id: string }[] };
    for (const { id } of files) replays.counts.set(id, (replays.counts.get(id) ?? 0) + 1);
  } catch {
    replays.isIncomplete = true;
  }
}
