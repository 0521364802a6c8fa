import { rm } from 'node:fs/promises';
import path from 'node:path';
import { acquireLock } from './lock.ts';

const projectRoot = path.join(import.meta.dirname, '../..');

/** Where the local run keeps its state: `.local`, or the folder that SMT_STATE_DIR names. */
export function stateDirOf(environment: NodeJS.ProcessEnv): string {
  return path.resolve(environment.SMT_STATE_DIR || path.join(projectRoot, '.local'));
}

/** The file that holds the admin token, for use in shell commands. */
export function adminTokenFile(stateDir: string): string {
  return path.join(stateDir, 'admin-token');
}

/** The folder as a person would type it. */
export function shownPath(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}

/** What the local run makes in its folder, beside its lock. */
const stateNames =
  'admin-token bucket-suffix credentials.json logs ports.json postgres s3 sample secrets.json'.split(' ');

/**
 * Removes all state, so that the next start begins anew, and nothing else: the folder may be the wrong one.
 * @throws StackRunningError when a stack uses it
 */
export async function wipeState(stateDir: string): Promise<void> {
  const lock = await acquireLock(stateDir);
  try {
    for (const name of stateNames) await rm(path.join(stateDir, name), { recursive: true, force: true });
  } finally {
    await lock.release();
  }
}
