import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The system account Postgres runs as. */
export interface PostgresAccount {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Postgres refuses to run as root, and containers and CI machines often do: there it runs as the account that
 * owns its data, else as `postgres`, else as `nobody`. Null if this process is not root: Postgres runs as the same user.
 */
export async function findPostgresAccount(dataDir: string): Promise<PostgresAccount | null> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(dataDir).catch(() => null);
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return (await lookUp('postgres')) ?? (await lookUp('nobody'));
}

async function lookUp(name: string): Promise<PostgresAccount | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null; // no such account
  }
}

/**
 * The command line that runs `command` as the account. A root's checkout often lies below a directory only root may
 * enter (/root, `mktemp -d`); then the account keeps the one capability to search it.
 * @param paths files and directories the command must reach
 */
export async function commandAs(
  account: PostgresAccount | null,
  command: readonly string[],
  paths: readonly string[],
): Promise<readonly string[]> {
  if (account === null) return command;
  const reachable = await Promise.all(paths.map((path) => canReach(account, path)));
  const capabilities = reachable.every(Boolean) ? [] : passThroughCapabilities;
  const identity = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  return ['setpriv', ...identity, ...capabilities, '--', ...command];
}

const passThroughCapabilities = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];

async function canReach(account: PostgresAccount, path: string): Promise<boolean> {
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    const { mode, uid, gid } = await stat(directory);
    const enter = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & enter) === 0) return false;
    if (directory === dirname(directory)) return true;
  }
}
