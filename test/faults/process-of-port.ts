import { readdir, readFile, readlink } from 'node:fs/promises';

/**
 * Which of these processes holds a TCP connection from this local port. Linux only, by /proc; elsewhere undefined.
 * @returns its process id
 */
export async function processOfPort(port: number, pids: readonly number[]): Promise<number | undefined> {
  const inode = await inodeOf(port);
  if (inode === undefined) return undefined;
  for (const pid of pids) {
    if (await holdsSocket(pid, inode)) return pid;
  }
  return undefined;
}

/** Lines of /proc/net/tcp: number, local address:port in hex, remote, state, queues, timer, retransmits, uid, timeout, inode. */
async function inodeOf(port: number): Promise<string | undefined> {
  const table = await readFile('/proc/net/tcp', 'utf8').catch(() => '');
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of table.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[1]?.endsWith(`:${hex}`) && fields[9] !== '0') return fields[9];
  }
  return undefined;
}

async function holdsSocket(pid: number, inode: string): Promise<boolean> {
  const fdDir = `/proc/${pid}/fd`;
  const fds = await readdir(fdDir).catch(() => []);
  for (const fd of fds) {
    if ((await readlink(`${fdDir}/${fd}`).catch(() => '')) === `socket:[${inode}]`) return true;
  }
  return false;
}
