import { execFileSync } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { DropletError } from './errors.ts';

/** The process that is asking, and what it was told to do. */
interface Caller {
  readonly uid: number | undefined;
  readonly args: readonly string[];
}

/**
 * What root writes into the service's folder is in the service's way from then on: so root is told to run the command as
 * whoever the folder belongs to, or, where it is not there yet, the one above it.
 * @throws DropletError `configuration`
 */
export async function refuseToBeRoot(localDir: string, { uid, args }: Caller): Promise<void> {
  if (uid !== 0) return;
  const owner = await ownerOf(path.resolve(localDir));
  if (owner === 0) return;
  const user = userName(owner);
  throw new DropletError(
    'configuration',
    `${localDir} (SMT_LOCAL_DIR) belongs to ${user}, who could not use what root writes there. Run it as ${user}: runuser -u ${user} -- smt-droplet ${args.map(quoted).join(' ')}`,
  );
}

async function ownerOf(dir: string): Promise<number> {
  try {
    return (await stat(dir)).uid;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ownerOf(path.dirname(dir));
    throw error;
  }
}

function userName(uid: number): string {
  try {
    return execFileSync('id', ['-nu', String(uid)], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return `#${uid}`; // nobody's, by now
  }
}

function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}

/** @throws DropletError `configuration` when this user cannot keep the ledger and the spool there */
export async function checkWritable(localDir: string): Promise<void> {
  const spool = path.join(localDir, 'spool');
  for (const dir of [localDir, spool]) {
    const code = await whyNotWritable(dir);
    if (code === null || (code === 'ENOENT' && dir === spool)) continue; // the first sync makes the spool
    const fix =
      code === 'ENOENT'
        ? `install.sh makes it, or: mkdir -m 700 ${dir}`
        : `Run this as the service's user; if it is, as root: chown -R USER ${localDir}`;
    throw new DropletError('configuration', `${dir} cannot be written to (${code}). ${fix}`);
  }
}

async function whyNotWritable(dir: string): Promise<string | null> {
  try {
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
