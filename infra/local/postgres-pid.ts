import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * Prepares a data directory for a server: one that outlived its parent is shut down; a pid file whose pid now belongs to
 * another process (a restarted container counts from 1 again) is removed. Any other leftover pid file stays, since the server
 * uses it to check that no child of a crashed server still writes.
 */
export async function clearStalePidFile(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid');
  const content = await readFile(pidFile, 'utf8').catch(() => null);
  if (content === null) return;
  const pid = Number(content.split('\n')[0]);
  const commandLine = await commandLineOf(pid);
  if (commandLine === null) return;
  if (commandLine.includes(dataDir)) await stopProcess(pid);
  else await rm(pidFile, { force: true });
}

/** Ends a server: fast shutdown, then immediate, then by force. Resolves when it has exited. */
export async function stopProcess(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (!send(pid, signal)) return;
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20)) {
      if (!send(pid, 0)) return;
    }
  }
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // no such process
  }
}

async function commandLineOf(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
    return words === null ? null : words.replaceAll('\0', ' ');
  }
  const listed = await promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)]).catch(() => null);
  return listed?.stdout ?? null;
}
