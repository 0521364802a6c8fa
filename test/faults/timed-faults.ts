import { setTimeout as sleep } from 'node:timers/promises';
import { encodeNormalizeMessage } from '../../shared/raw-files/normalize-message.ts';
import type { TimedFault } from './plan.ts';
import type { World } from './world.ts';

/** What replays are known to have done. */
export interface ReplayLog {
  /** How often each file was requeued. */
  readonly counts: Map<string, number>;
  /** The response to a replay was lost, so any file may have been requeued by it. */
  isIncomplete: boolean;
}

/** Injects one fault now. */
export async function injectNow(
  world: World,
  { kind, chance }: TimedFault,
  replays: ReplayLog,
): Promise<void> {
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
  }
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
