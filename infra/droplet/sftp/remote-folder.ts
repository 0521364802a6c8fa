import type { Attributes, FileEntryWithStats } from 'ssh2';
import type { SftpConfiguration } from '../configuration.ts';
import { DropletError, messageOf, TemporaryError } from '../errors.ts';
import { connectSftp } from './connection.ts';
import { readAhead } from './read-ahead.ts';
import type { SftpRequest, SftpSession } from './session.ts';

/** A file as a listing shows it. */
export interface RemoteFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** By the server's clock, in whole seconds since 1970. */
  readonly modifiedAtSeconds: number;
}

/** A folder below the remote one that could not be listed; the rest was. */
export interface UnreadableFolder {
  readonly path: string;
  readonly reason: string;
}

/** Far deeper than SMT's; stops at links that lead in circles. */
const maxDepth = 10;
const noSuchFile = 2; // SSH_FX_NO_SUCH_FILE
const permissionDenied = 3; // SSH_FX_PERMISSION_DENIED
/** SSH_FX_NO_CONNECTION and SSH_FX_CONNECTION_LOST: said of a server by its client. */
const connectionStatuses: ReadonlySet<number> = new Set([6, 7]);

/**
 * SMT's folder, over one connection that is made when it is needed and made anew when it was lost. When the signal aborts,
 * all that is asked fails at once.
 */
export class RemoteFolder {
  private readonly configuration: SftpConfiguration;
  private readonly signal: AbortSignal;
  private connecting: Promise<SftpSession> | undefined;

  constructor(configuration: SftpConfiguration, signal: AbortSignal) {
    this.configuration = configuration;
    this.signal = signal;
  }

  /**
   * All regular files in and below the folder, by path.
   * @throws what connecting throws; DropletError `remote-folder` when the folder itself cannot be listed
   */
  async list(): Promise<{ files: RemoteFile[]; unreadable: UnreadableFolder[] }> {
    const { remoteDir } = this.configuration;
    const files: RemoteFile[] = [];
    const unreadable: UnreadableFolder[] = [];
    const pending = [{ dir: remoteDir.replace(/(?<=.)\/+$/, ''), depth: 0 }];
    for (let next = pending.shift(); next; next = pending.shift()) {
      const { dir, depth } = next;
      try {
        for (const entry of await this.entries(dir)) {
          const path = `${dir === '/' ? '' : dir}/${entry.filename}`;
          if (entry.attrs.isDirectory() && depth < maxDepth) pending.push({ dir: path, depth: depth + 1 });
          else if (entry.attrs.isFile()) files.push(remoteFile(path, entry.attrs));
        }
      } catch (error) {
        if (!(error instanceof DropletError) || error.code !== 'remote-folder' || depth === 0) throw error;
        unreadable.push({ path: dir, reason: error.message });
      }
    }
    return { files: files.sort((one, other) => (one.path < other.path ? -1 : 1)), unreadable };
  }

  /** How a file is now. @throws DropletError `remote-file-gone`, `remote-file-unreadable`; TemporaryError */
  async stat(path: string): Promise<RemoteFile> {
    const attributes = await this.ask<Attributes>(path, (sftp, done) => sftp.stat(path, done));
    return remoteFile(path, attributes);
  }

  /**
   * The bytes of a file as it was listed: never more of them, and fewer only if it has shrunk.
   * @throws DropletError `remote-file-gone`, `remote-file-unreadable`; TemporaryError when the connection is lost
   */
  async *read({ path, sizeBytes }: RemoteFile): AsyncGenerator<Buffer> {
    const session = await this.session();
    try {
      const handle = await session.request<Buffer>((sftp, done) => sftp.open(path, 'r', done));
      try {
        yield* readAhead(session, handle, sizeBytes);
      } finally {
        session
          .request<void>((sftp, done) => sftp.close(handle, (error) => done(error, undefined)))
          .catch(() => undefined);
      }
    } catch (error) {
      throw asDropletError(path, error);
    }
  }

  async close(): Promise<void> {
    const session = await this.connecting?.catch(() => undefined);
    session?.close();
  }

  private session(): Promise<SftpSession> {
    this.connecting ??= this.connect();
    return this.connecting;
  }

  private connect(): Promise<SftpSession> {
    const connecting = connectSftp(this.configuration, this.signal);
    const forget = (): void => {
      if (this.connecting === connecting) this.connecting = undefined;
    };
    connecting.then(({ closed }) => closed).then(forget, forget);
    return connecting;
  }

  private entries(dir: string): Promise<FileEntryWithStats[]> {
    return this.ask(dir, (sftp, done) => sftp.readdir(dir, done), 'remote-folder');
  }

  private async ask<T>(path: string, request: SftpRequest<T>, code?: 'remote-folder'): Promise<T> {
    const session = await this.session();
    try {
      return await session.request(request);
    } catch (error) {
      throw asDropletError(path, error, code);
    }
  }
}

function remoteFile(path: string, { size, mtime }: Attributes): RemoteFile {
  return { path, sizeBytes: size, modifiedAtSeconds: mtime };
}

/** What the server answers is about the file; anything else is about the connection, which is worth another try. */
function asDropletError(path: string, error: unknown, code?: 'remote-folder'): DropletError {
  if (error instanceof DropletError) return error;
  const status = error instanceof Error && 'code' in error ? error.code : undefined;
  const cause = { cause: error };
  if (typeof status !== 'number' || connectionStatuses.has(status)) {
    return new TemporaryError(
      'sftp-unreachable',
      `The SFTP connection was lost: ${messageOf(error)}.`,
      cause,
    );
  }
  const reason = status === permissionDenied ? 'permission denied' : messageOf(error);
  if (code) return new DropletError(code, `The remote folder ${path} cannot be listed: ${reason}.`, cause);
  if (status === noSuchFile) return new DropletError('remote-file-gone', `${path} is gone.`, cause);
  return new DropletError('remote-file-unreadable', `${path} cannot be read: ${reason}.`, cause);
}
