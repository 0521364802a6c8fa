import { execFileSync } from 'node:child_process';
import { access, constants, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { DropletError } from './errors.ts';

interface Caller {
  readonly uid: number | undefined;
  readonly args: readonly string[];
}

/**
 * Rejects root in a folder of another user, since the service could not use the files that root writes
 * there. The message names the owner of the folder or, before it exists, of the nearest folder above it.
 * @throws DropletError `configuration`
 */
export async function rejectRoot(localDir: string, { uid, args }: Caller): Promise<void> {
  if (uid !== 0) return;
  const owner = await ownerOf(path.resolve(localDir));
  if (owner === 0) return;
  const user = userName(owner);
  throw new DropletError(
    'configuration',
    `${localDir} (SMT_LOCAL_DIR) belongs to ${user}, who cannot use files that root writes there. Run the command as ${user}: runuser -u ${user} -- smt-droplet ${args.map(quoted).join(' ')}`,
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
    return `#${uid}`; // a user that was deleted
  }
}

function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}

/** Creates the folder if it is missing. @throws DropletError `configuration` when it cannot be written to */
export async function prepareLocalDir(localDir: string): Promise<void> {
  await mkdir(localDir, { mode: 0o700 }).catch(() => undefined); // the check reports why
  await checkWritable(localDir);
}

/** @throws DropletError `configuration` when this user cannot write the ledger and the spool there */
export async function checkWritable(localDir: string): Promise<void> {
  const spool = path.join(localDir, 'spool');
  for (const dir of [localDir, spool]) {
    const code = await whyNotWritable(dir);
    if (code === null || (code === 'ENOENT' && dir === spool)) continue; // the first sync creates the spool
    const fix =
      code === 'ENOENT'
        ? `install.sh creates it, or: mkdir -p -m 700 ${dir}`
        : `Run the command as the service's user; if that is who runs it, as root: chown -R USER ${localDir}`;
    throw new DropletError('configuration', `${dir} cannot be written to (${code}). ${fix}`);
  }
}

async function whyNotWritable(dir: string): Promise<string | null> {
  try {
    if (!(await stat(dir)).isDirectory()) return 'ENOTDIR';
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
