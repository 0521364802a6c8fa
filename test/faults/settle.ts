import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { listLeftovers, listVersions } from './observed.ts';
import { measurePace } from './pace.ts';
import type { World } from './world.ts';

const pollMs = 250;

/**
 * Leaves the system to itself, its sweep on schedule, until nothing is on the way any more.
 * @returns what was still on the way when patience ended; nothing if all came to its end
 */
export async function settle(world: World, client: Client): Promise<string[]> {
  const now = await measurePace(); // the machine may have become busier since the run began
  const patienceMs = 20_000 + 6 * Math.max(world.pace.minTimeoutMs, now.minTimeoutMs);
  const deadline = Date.now() + patienceMs;
  let quiet = 0;
  for (;;) {
    const unsettled = await findUnsettled(world, client);
    quiet = unsettled.length === 0 ? quiet + 1 : 0;
    if (quiet >= 2) return []; // an invocation between two polls may have been on its way from one place to the next
    if (Date.now() > deadline)
      return unsettled.map((what) => `not settled after ${patienceMs / 1000} s: ${what}`);
    await sleep(pollMs);
  }
}

/** What is on the way, of the first kind there is any of: the cheap ones are asked first. */
async function findUnsettled(world: World, client: Client): Promise<string[]> {
  const kinds = [
    () => findOpenFiles(client),
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

async function findOpenFiles(client: Client): Promise<string[]> {
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
