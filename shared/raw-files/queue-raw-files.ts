import type { Database } from '../storage/database.ts';
import { markQueued } from '../storage/raw-files/mark-queued.ts';

/** Puts raw files on the normalize queue. */
export type Queue = (rawFileIds: readonly string[]) => Promise<void>;

/** Puts raw files on the normalize queue and then records that: after a crash in between, the sweep queues them again. */
export async function queueRawFiles(
  database: Database,
  queue: Queue,
  rawFileIds: readonly string[],
): Promise<void> {
  if (rawFileIds.length === 0) return;
  await queue(rawFileIds);
  await markQueued(database, rawFileIds);
}
