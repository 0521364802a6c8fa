import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** How fast a run may go on this host under its current load. */
export interface Pace {
  /** Factor on the template's durations. */
  readonly timeScale: number;
  /** No timeout is below this. */
  readonly minTimeoutMs: number;
}

const starts = 3;
/** How long a worker may take to start, connect and work, in multiples of the start of a bare process. */
const startsPerTimeout = 60;
const visibilityTimeoutMs = 90 * 60_000;

/** Measures how long processes take to start now: a timeout shorter than that would be a fault nobody injected. */
export async function measurePace(): Promise<Pace> {
  const run = promisify(execFile);
  const startedAtMs = performance.now();
  for (let i = 0; i < starts; i++) await run(process.execPath, ['-e', '0']);
  const startMs = (performance.now() - startedAtMs) / starts;
  const minTimeoutMs = Math.round(Math.min(30_000, Math.max(4_000, startsPerTimeout * startMs)));
  // Ten minutes become a second, or longer, so that a message stays hidden longer than its worker may take.
  return { minTimeoutMs, timeScale: Math.max(1 / 600, (1.5 * minTimeoutMs) / visibilityTimeoutMs) };
}
