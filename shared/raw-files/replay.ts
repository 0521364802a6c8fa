import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../storage/database.ts';
import { type FileProgress, readProgress } from '../storage/raw-files/read-progress.ts';
import {
  type ReplayedFile,
  type ReplayFilter,
  replayRawFiles,
} from '../storage/raw-files/replay-raw-files.ts';
import { type Queue, queueRawFiles } from './queue-raw-files.ts';

const pollMs = 200;

export interface ReplayDependencies {
  readonly database: Database;
  /** Records the replay for the sweep, which otherwise leaves an idle database paused. */
  readonly wakeSweep: () => Promise<void>;
  readonly queue: Queue;
}

/**
 * Returns files to `registered` and queues them. Harmless at any time: loading a file again adds only
 * what is missing. A crash in between leaves registered files that the sweep queues.
 */
export async function replay(
  { database, wakeSweep, queue }: ReplayDependencies,
  filter: ReplayFilter,
): Promise<readonly ReplayedFile[]> {
  if (!filter.dryRun) await wakeSweep();
  const files = await replayRawFiles(database, filter);
  const ids = files.map(({ id }) => id);
  if (!filter.dryRun) await queueRawFiles(database, queue, ids);
  return files;
}

/** Waits until these files have a final status, at most this long. @returns their state then */
export async function waitForFiles(
  database: Database,
  ids: readonly string[],
  waitMs: number,
): Promise<readonly FileProgress[]> {
  const deadlineMs = Date.now() + waitMs;
  for (;;) {
    const progress = await readProgress(database, ids);
    if (progress.every(({ isFinished }) => isFinished) || Date.now() + pollMs > deadlineMs) return progress;
    await delay(pollMs);
  }
}
