import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { awaitQuiescence } from './await-quiescence.ts';
import { findViolations } from './checks.ts';
import { listFiles } from './observed.ts';
import { measurePace } from './pace.ts';
import { makePlan, type Plan } from './plan.ts';
import { Replica } from './replica.ts';
import type { Step } from './steps.ts';
import { injectNow, type OperatorLog, type ReplayLog, replaySome } from './timed-faults.ts';
import { newUploadLog, upload } from './uploads.ts';
import type { WorkerSlot } from './worker-slot.ts';
import { World } from './world.ts';

/** The result of a run. */
export interface RunResult {
  readonly seed: number;
  readonly durationMs: number;
  /** Object versions that existed at the end or were read before they were deleted. */
  readonly files: number;
  readonly intervals: number;
  /** Files that failed after three workers in a row died, and were loaded by a replay. */
  readonly givenUp: number;
  /** Faults injected, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** Calls that the proxies recognized. */
  readonly stepsSeen: readonly Step[];
  /** Promises that were broken. */
  readonly violations: readonly string[];
  /** Why the run was aborted, which says nothing about promises; null if it was not. */
  readonly error: string | null;
}

/** Plays the plan of a seed against the real stack, lets it recover, and checks its promises. */
export async function playRun(seed: number, slot: WorkerSlot, assemblyDir: string): Promise<RunResult> {
  const startedAtMs = performance.now();
  const plan = makePlan(seed);
  const world = new World(plan, slot, await measurePace());
  const uploads = newUploadLog(plan.uploads);
  const replays: ReplayLog = { counts: new Map(), isIncomplete: false };
  const removals = {
    withdrawn: new Set<string>(),
    maybeWithdrawn: new Set<string>(),
    expired: new Set<string>(),
  };
  const log: OperatorLog = { replays, removals, uploads };
  const violations: string[] = [];
  const faults: Record<string, number> = {};
  let files = 0;
  let intervals = 0;
  let givenUp = 0;
  let runError: string | null = null;
  try {
    await world.start(assemblyDir);
    const replica = new Replica(world);
    replica.start();
    await playFaults(world, plan, log, faults);
    const client = await world.connect();
    try {
      violations.push(...(await awaitQuiescence(world, client)));
      givenUp = await replayGivenUp(world, client, replays, violations);
      const copy = await replica.finish();
      const { wakings } = replica;
      violations.push(...(await findViolations(world, client, { ...log, copy, wakings })));
      files = (await listFiles(client)).length;
      intervals = await countIntervals(client);
    } finally {
      await client.end();
    }
  } catch (error) {
    runError = error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    await world.stop();
  }
  violations.push(...findLivingWorkers(world));
  countFaults(world, faults);
  const durationMs = Math.round(performance.now() - startedAtMs);
  const stepsSeen = [...world.armed.seen];
  return { seed, durationMs, files, intervals, givenUp, faults, stepsSeen, violations, error: runError };
}

/** Uploads and faults, each at its time. */
async function playFaults(
  world: World,
  plan: Plan,
  log: OperatorLog,
  faults: Record<string, number>,
): Promise<void> {
  const uploading = plan.uploads.map(async (planned) => {
    await sleep(planned.atMs);
    await upload(world, planned, log.uploads);
  });
  const injecting = plan.timedFaults.map(async (fault) => {
    await sleep(fault.atMs);
    // A fault may fail because of another one, such as a query on a server that is down.
    await injectNow(world, fault, log).then(
      () => {
        faults[fault.kind] = (faults[fault.kind] ?? 0) + 1;
      },
      () => undefined,
    );
  });
  await Promise.all(injecting);
  const lastMs = Math.max(...plan.uploads.map(({ atMs }) => atMs));
  await Promise.race([Promise.all(uploading), sleep(lastMs)]);
  await sleep(world.pace.minTimeoutMs / 3); // for the faults that wait for what comes after an upload
  world.calm();
  await Promise.all(uploading);
}

/**
 * Files whose workers died three times in a row are failed with that reason, and an operator replays them. That they
 * had bad luck must show in their attempts.
 */
async function replayGivenUp(
  world: World,
  client: Client,
  replays: ReplayLog,
  violations: string[],
): Promise<number> {
  const codes: readonly (string | null)[] = ['worker-lost', 'timed-out'];
  const lost = (await listFiles(client)).filter(({ errorCode }) => codes.includes(errorCode));
  if (lost.length === 0) return 0;
  for (const { id, attemptOutcomes } of lost) {
    const isExplained = attemptOutcomes.slice(-3).every((outcome) => outcome === 'lost');
    if (!isExplained) violations.push(`file ${id} was given up after ${attemptOutcomes.join(', ')}`);
  }
  await replaySome(world, `id=${lost.map(({ id }) => id).join(',')}`, replays);
  violations.push(...(await awaitQuiescence(world, client)));
  return lost.length;
}

async function countIntervals(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>('select count(*)::int from smt_intervals');
  return rows[0]?.count ?? 0;
}

function findLivingWorkers({ seenPids }: World): string[] {
  return [...seenPids].filter(isAlive).map((pid) => `worker process ${pid} outlived the run`);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function countFaults({ armed, events, messages }: World, faults: Record<string, number>): void {
  for (const { action, when, step } of armed.hits) {
    const name = `${action} ${when} ${step}`;
    faults[name] = (faults[name] ?? 0) + 1;
  }
  for (const [what, counts] of Object.entries({ event: events, message: messages })) {
    for (const [how, count] of Object.entries(counts)) {
      if (count > 0) faults[`${what}-${how}`] = count;
    }
  }
}
