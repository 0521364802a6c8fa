import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import path from 'node:path';
import type { OperatorAccess } from './operator-access.ts';

/** How to use a running stack; in a file that only its owner can read. */
export interface RunningStack extends OperatorAccess {
  readonly apiUrl: string;
  readonly adminToken: string;
  readonly databaseUrl: string;
  readonly bucket: string;
}

interface LockFile {
  readonly pid: number;
  /** Responds to a connection with the id, which proves that the holder is alive: a pid may have been reused. */
  readonly port: number;
  readonly id: string;
  /** Set once the stack is ready. */
  readonly stack?: RunningStack;
}

/** Another process runs the stack in this folder. */
export class StackRunningError extends Error {
  readonly code = 'stack-running';
  readonly pid: number;
  constructor(stateDir: string, { pid, stack }: LockFile) {
    super(
      `The local stack in ${stateDir} is already running (process ${pid}${stack ? `, ${stack.apiUrl}` : ''}).`,
    );
    this.name = 'StackRunningError';
    this.pid = pid;
  }
}

export interface Lock {
  /** Publishes how to use the stack to other processes. */
  publish(stack: RunningStack): Promise<void>;
  release(): Promise<void>;
}

const fileOf = (stateDir: string) => path.join(stateDir, 'lock.json');

/**
 * Makes this process the only one that runs the stack in a folder.
 * @throws StackRunningError
 */
export async function acquireLock(stateDir: string): Promise<Lock> {
  await mkdir(stateDir, { recursive: true });
  const file = fileOf(stateDir);
  const id = randomUUID();
  const server = await startBeacon(id);
  const { port } = server.address() as { port: number };
  const own: LockFile = { pid: process.pid, port, id };
  const release = async () => {
    server.close();
    if ((await readLock(file))?.id === id) await rm(file, { force: true });
  };
  try {
    for (;;) {
      if (await createWhole(file, own)) break;
      const holder = await readLock(file);
      if (holder && (await isAlive(holder))) throw new StackRunningError(stateDir, holder);
      await removeStale(file, holder);
    }
  } catch (error) {
    server.close();
    throw error;
  }
  return { publish: (stack) => replaceWhole(file, { ...own, stack }), release };
}

/** The stack that runs in a folder and is ready, if any. */
export async function findRunningStack(stateDir: string): Promise<RunningStack | undefined> {
  const holder = await readLock(fileOf(stateDir));
  return holder?.stack && (await isAlive(holder)) ? holder.stack : undefined;
}

async function startBeacon(id: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(id);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return server;
}

async function isAlive({ port, id }: LockFile): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(2_000, () => socket.destroy());
  try {
    let received = '';
    for await (const chunk of socket) received += chunk;
    return received === id;
  } catch {
    return false;
  }
}

async function readLock(file: string): Promise<LockFile | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as LockFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${file} cannot be read; remove it if no local stack is running`, { cause: error });
  }
}

/** Creates the file with its content atomically; false if it exists. */
async function createWhole(file: string, content: LockFile): Promise<boolean> {
  const draft = `${file}.${content.id}`;
  await writeFile(draft, JSON.stringify(content), { mode: 0o600 });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function replaceWhole(file: string, content: LockFile): Promise<void> {
  const draft = `${file}.${content.id}`;
  await writeFile(draft, JSON.stringify(content), { mode: 0o600 });
  await rename(draft, file);
}

/** Removes a dead process's lock. Two processes may do so at once, so one that has moved a live lock puts it back. */
async function removeStale(file: string, stale: LockFile | undefined): Promise<void> {
  const aside = `${file}.stale-${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readLock(aside))?.id !== stale?.id) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}
