import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readdir, readFile, stat } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2, { type Attributes, type Connection, type SFTPWrapper } from 'ssh2';

const keys = path.join(import.meta.dirname, '../fixtures/ssh');
/** Keys that OpenSSH's ssh-keygen made. */
export const keyFile = (name: string): string => path.join(keys, name);

const { Server, utils } = ssh2; // a CommonJS module whose names Node does not see
const { OPEN_MODE, STATUS_CODE } = utils.sftp;

/** Faults to inject. */
interface SftpFaults {
  /**
   * Called before each read of a file; may wait, throw to have the server return an error, `drop` the connection, or
   * `close-channel`, which ends the SFTP session and keeps the connection.
   */
  beforeRead?: (file: string, position: number) => Promise<'drop' | 'close-channel' | undefined>;
  /** Files that cannot be opened. */
  denied: Set<string>;
  /** Requests for these paths never get a response, while others do. */
  hanging: Set<string>;
  /** Once true, no request gets a response, and the connection stays open. */
  isSilent: boolean;
  /** Folders whose listing repeats endlessly: that of an empty folder in empty responses. */
  endless: Set<string>;
  /** Maximum number of bytes in a read response. */
  maxReadBytes?: number;
}

export interface SftpServer {
  readonly port: number;
  readonly faults: SftpFaults;
  /** How many connections there were, and how many times each file was opened. */
  readonly connections: { count: number };
  readonly opened: Map<string, number>;
  close(): Promise<void>;
}

/** `host` is an Ed25519 key, `other-host` an RSA one. */
export type HostKeyName = 'host' | 'other-host';

/** Serves a folder by SFTP to user `smt` with the key `client` or the password `open sesame`. */
export async function startSftpServer(
  root: string,
  hostKeys: readonly HostKeyName[] = ['host'],
  port = 0,
): Promise<SftpServer> {
  const faults: SftpFaults = {
    denied: new Set(),
    hanging: new Set(),
    isSilent: false,
    endless: new Set(),
  };
  const connections = { count: 0 };
  const opened = new Map<string, number>();
  const clients = new Set<Connection>();
  const allowed = [await publicKey('client'), await publicKey('client-with-passphrase')];
  const privateKeys = await Promise.all(hostKeys.map((name) => readFile(keyFile(name))));
  const server = new Server({ hostKeys: privateKeys }, (client) => {
    connections.count++;
    clients.add(client);
    client.on('error', () => undefined);
    client.on('close', () => clients.delete(client));
    client.on('authentication', (context) => {
      const isKey = context.method === 'publickey' && allowed.some((key) => key.equals(context.key.data));
      const isPassword = context.method === 'password' && context.password === 'open sesame';
      if (context.username === 'smt' && (isKey || isPassword)) context.accept();
      else context.reject(['publickey', 'password']);
    });
    client.on('session', (accept) => {
      accept().on('sftp', (acceptSftp) => {
        new SftpSession(acceptSftp(), { root, faults, opened, drop: () => dropConnection(client) });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    for (const client of clients) dropConnection(client);
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, faults, connections, opened, close };
}

/** Destroys the connection without closing it. */
function dropConnection(client: Connection): void {
  (client as unknown as { _sock: Socket })._sock.destroy();
}

async function publicKey(name: string): Promise<Buffer> {
  const parsed = utils.parseKey(await readFile(keyFile(`${name}.pub`)));
  if (parsed instanceof Error) throw parsed;
  return parsed.getPublicSSH();
}

interface SessionParts {
  readonly root: string;
  readonly faults: SftpFaults;
  readonly opened: Map<string, number>;
  readonly drop: () => void;
}

type OpenEntry =
  | { readonly name: string; readonly file: FileHandle }
  | { entries: Buffer[]; readonly dir: string; readonly isEndless: boolean };

/** One client's session, with the requests of a read-only client. */
class SftpSession {
  private readonly sftp: SFTPWrapper;
  private readonly parts: SessionParts;
  private readonly handles = new Map<number, OpenEntry>();
  private nextHandle = 0;

  constructor(sftp: SFTPWrapper, parts: SessionParts) {
    this.sftp = sftp;
    this.parts = parts;
    sftp.on('REALPATH', (id, name) => {
      if (parts.faults.isSilent) return;
      const real = path.posix.resolve('/', name);
      sftp.name(id, [{ filename: real, longname: real, attrs: attributes() }]);
    });
    sftp.on('STAT', (id, name) =>
      this.respond(id, async () => sftp.attrs(id, attributes(await stat(this.local(name)))), name),
    );
    sftp.on('LSTAT', (id, name) =>
      this.respond(id, async () => sftp.attrs(id, attributes(await lstat(this.local(name))))),
    );
    sftp.on('OPENDIR', (id, name) =>
      this.respond(
        id,
        async () => {
          const dir = this.local(name);
          const entries = await readdir(dir, { encoding: 'buffer' });
          this.give(id, { dir, entries, isEndless: parts.faults.endless.has(name) });
        },
        name,
      ),
    );
    sftp.on('READDIR', (id, handle) => this.respond(id, () => this.readDir(id, handle)));
    sftp.on('OPEN', (id, name, flags) => this.respond(id, () => this.open(id, name, flags), name));
    sftp.on('READ', (id, handle, position, length) =>
      this.respond(id, () => this.read(id, handle, position, length)),
    );
    sftp.on('CLOSE', (id, handle) => this.respond(id, () => this.close(id, handle)));
    sftp.on('close', () => void this.closeAll());
  }

  private async open(id: number, name: string, flags: number): Promise<void> {
    const isRead = flags === OPEN_MODE.READ;
    if (!isRead || this.parts.faults.denied.has(name)) {
      this.sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
      return;
    }
    const file = await open(this.local(name), constants.O_RDONLY);
    this.parts.opened.set(name, (this.parts.opened.get(name) ?? 0) + 1);
    this.give(id, { name, file });
  }

  private async read(id: number, handle: Buffer, position: number, length: number): Promise<void> {
    const entry = this.entry(handle);
    if (!entry || !('file' in entry))
      return this.sftp.status(id, STATUS_CODE.FAILURE) as unknown as undefined;
    const { beforeRead, maxReadBytes = length } = this.parts.faults;
    const fault = await beforeRead?.(entry.name, position);
    if (fault === 'drop') return this.parts.drop();
    if (fault === 'close-channel') return this.sftp.end();
    const buffer = Buffer.alloc(Math.min(length, maxReadBytes));
    const { bytesRead } = await entry.file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) this.sftp.status(id, STATUS_CODE.EOF);
    else this.sftp.data(id, buffer.subarray(0, bytesRead));
  }

  private async readDir(id: number, handle: Buffer): Promise<void> {
    const entry = this.entry(handle);
    if (!entry || !('entries' in entry))
      return this.sftp.status(id, STATUS_CODE.FAILURE) as unknown as undefined;
    const names = entry.isEndless ? entry.entries : entry.entries.splice(0, 100);
    if (names.length === 0 && !entry.isEndless)
      return this.sftp.status(id, STATUS_CODE.EOF) as unknown as undefined;
    const listed = await Promise.all(
      names.map(async (name) => {
        const attrs = attributes(await lstat(Buffer.concat([Buffer.from(`${entry.dir}/`), name])));
        const filename = name.toString(); // as ssh2's client reads it: what is not UTF-8 becomes U+FFFD
        return { filename, longname: filename, attrs };
      }),
    );
    this.sftp.name(id, listed);
  }

  private async close(id: number, handle: Buffer): Promise<void> {
    const entry = this.entry(handle);
    this.handles.delete(handle.readUInt32BE(0));
    if (entry && 'file' in entry) await entry.file.close();
    this.sftp.status(id, STATUS_CODE.OK);
  }

  private async closeAll(): Promise<void> {
    for (const entry of this.handles.values()) if ('file' in entry) await entry.file.close();
    this.handles.clear();
  }

  private give(id: number, entry: OpenEntry): void {
    const number = this.nextHandle++;
    this.handles.set(number, entry);
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(number, 0);
    this.sftp.handle(id, handle);
  }

  private entry(handle: Buffer): OpenEntry | undefined {
    return this.handles.get(handle.readUInt32BE(0));
  }

  private local(name: string): string {
    return path.join(this.parts.root, path.posix.resolve('/', name));
  }

  private respond(id: number, action: () => Promise<void>, name = ''): void {
    const { isSilent, hanging } = this.parts.faults;
    if (isSilent || hanging.has(name)) return;
    action().catch((error: NodeJS.ErrnoException) => {
      this.sftp.status(id, error.code === 'ENOENT' ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE);
    });
  }
}

function attributes(stats?: Stats): Attributes {
  const { mode = 0o40755, size = 0, mtimeMs = 0, atimeMs = 0 } = stats ?? {};
  return { mode, uid: 0, gid: 0, size, atime: Math.floor(atimeMs / 1000), mtime: Math.floor(mtimeMs / 1000) };
}

/** Waits inside a fault. */
export const pause = (delayMs: number): Promise<undefined> => sleep(delayMs, undefined);
