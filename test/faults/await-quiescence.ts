import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { listLeftovers, listVersions } from './observed.ts';
import { measurePace } from './pace.ts';
import type { World } from './world.ts';

const pollMs = 250;
/** After this time the server ends the transaction of a host that was lost. */
const sessionTimeoutMs = 60_000;

/**
 * Leaves the system to itself, its sweep on schedule, until nothing is pending.
 * @returns what is still pending at the timeout; empty if everything reached a final status
 */
export async function awaitQuiescence(world: World, client: Client): Promise<string[]> {
  const now = await measurePace(); // the load of the host may have grown since the run began
  const lostHostMs = world.armed.hits.some(({ action }) => action === 'vanish') ? sessionTimeoutMs : 0;
  const timeoutMs = 20_000 + lostHostMs + 6 * Math.max(world.pace.minTimeoutMs, now.minTimeoutMs);
  const deadline = Date.now() + timeoutMs;
  let quiet = 0;
  for (;;) {
    const pending = await findPending(world, client);
    quiet = pending.length === 0 ? quiet + 1 : 0;
    if (quiet >= 2) return []; // between two polls an invocation may have moved work from one step to the next
    if (Date.now() > deadline)
      return pending.map((what) => `still pending after ${timeoutMs / 1000} s: ${what}`);
    await sleep(pollMs);
  }
}

/** What is pending, of the first kind that has any. Cheap checks run first. */
async function findPending(world: World, client: Client): Promise<string[]> {
  const kinds = [
    () => findPendingFiles(client),
    () => findBusyWorkers(world),
    () => findMessages(world),
    () => findUnregistered(world, client),
    () => listLeftovers(client),
  ];
  for (const find of kinds) {
    const found = await find();
    if (found.length > 0) return found;
  }
  return [];
}

async function findBusyWorkers(world: World): Promise<string[]> {
  return world
    .workers()
    .filter(({ isBusy, functionName }) => isBusy && functionName !== 'Sweep')
    .map(({ functionName }) => `a worker of ${functionName} is busy`);
}

async function findPendingFiles(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ what: string }>(`
    select format('file %s is %s', id, status) as what from raw_files
    where status in ('registered', 'normalizing')
    union all
    select format('file %s is not announced', id) from raw_files
    where status = 'normalized' and announced_at is null`);
  return rows.map(({ what }) => what);
}

async function findUnregistered(world: World, client: Client): Promise<string[]> {
  const versions = await listVersions(world);
  const { rows } = await client.query<{ version_id: string }>('select version_id from raw_files');
  const known = new Set(rows.map(({ version_id }) => version_id));
  return versions
    .filter(({ versionId }) => !known.has(versionId))
    .map(({ key, versionId }) => `version ${versionId} of ${key} has no row`);
}

async function findMessages({ stack }: World): Promise<string[]> {
  const counts = await Promise.all(
    stack.description.queues.map(async ({ logicalId, arn }) => {
      const { visible, inFlight, delayed } = await stack.queues.counts(arn);
      return { logicalId, count: visible + inFlight + delayed };
    }),
  );
  return counts
    .filter(({ count }) => count > 0)
    .map(({ logicalId, count }) => `${count} messages in ${logicalId}`);
}
