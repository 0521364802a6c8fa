import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../storage/database.ts';
import { markQueued } from '../storage/mark-queued.ts';
import { type FileProgress, readProgress } from '../storage/read-progress.ts';
import { type ReplayedFile, type ReplayFilter, replayRawFiles } from '../storage/replay-raw-files.ts';

const pollMs = 200;

/**
 * Takes files back to `registered` and puts them on the queue. Harmless at any time: loading a file again adds only
 * what is missing. A crash in between leaves registered files that the sweep queues.
 */
export async function replay(
  database: Database,
  queue: (rawFileId: string) => Promise<void>,
  filter: ReplayFilter,
): Promise<readonly ReplayedFile[]> {
  const files = await replayRawFiles(database, filter);
  if (filter.dryRun) return files;
  const ids = files.map(({ id }) => id);
  for (const id of ids) await queue(id);
  if (ids.length > 0) await markQueued(database, ids);
  return files;
}

/** Waits until these files have come to an end, or for so long; says how far they are. */
export async function waitForFiles(
  database: Database,
  ids: readonly string[],
  waitMs: number,
): Promise<FileProgress> {
  const deadlineMs = Date.now() + waitMs;
  for (;;) {
    const progress = await readProgress(database, ids);
    if (progress.filesProcessed >= ids.length || Date.now() + pollMs > deadlineMs) return progress;
    await delay(pollMs);
  }
}
