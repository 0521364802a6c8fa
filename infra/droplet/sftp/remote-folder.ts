import { posix } from 'node:path';
import type { Attributes, FileEntryWithStats, Stats } from 'ssh2';
import type { SftpConfiguration } from '../configuration.ts';
import { DropletError, hasCode, messageOf, TemporaryError } from '../errors.ts';
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

/** Something in or below the remote folder that is no file to fetch. */
interface Exception {
  readonly path: string;
  readonly reason: string;
}

/** What is in and below the remote folder. */
interface Listing {
  /** By path. */
  readonly files: RemoteFile[];
  /** Folders and links of which nobody knows what files they hide. */
  readonly unreadable: Exception[];
  /** Neither files nor folders, and links to folders. */
  readonly skipped: Exception[];
}

/** Far deeper than SMT's; ends on a server that shows links as what they lead to, when they lead in circles. */
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
   * All files in and below the folder; a link to a file is one.
   * @throws what connecting throws; DropletError `remote-folder` when the folder itself cannot be listed
   */
  async list(): Promise<Listing> {
    const { remoteDir } = this.configuration;
    const listing: Listing = { files: [], unreadable: [], skipped: [] };
    const pending = [{ dir: remoteDir.replace(/(?<=.)\/+$/, ''), depth: 0 }];
    for (let next = pending.shift(); next; next = pending.shift()) {
      const { dir, depth } = next;
      try {
        for (const { filename, attrs } of await this.entries(dir)) {
          const path = `${dir === '/' ? '' : dir}/${filename}`;
          if (attrs.isFile()) listing.files.push(remoteFile(path, attrs));
          else if (!attrs.isDirectory()) await this.listOther(path, listing);
          else if (depth < maxDepth) pending.push({ dir: path, depth: depth + 1 });
          else listing.skipped.push({ path, reason: `it is more than ${maxDepth} folders deep` });
        }
      } catch (error) {
        if (!hasCode(error, 'remote-folder') || depth === 0) throw error;
        listing.unreadable.push({ path: dir, reason: error.message });
      }
    }
    listing.files.sort((one, other) => (one.path < other.path ? -1 : 1));
    return listing;
  }

  /** Lists a link, or what the server does not say the kind of. Links to folders may lead in circles: not followed. */
  private async listOther(path: string, { files, unreadable, skipped }: Listing): Promise<void> {
    try {
      const attributes = await this.attributes(path);
      if (attributes.isFile()) files.push(remoteFile(path, attributes));
      else if (attributes.isDirectory()) skipped.push({ path, reason: 'it is a link to a folder' });
      else skipped.push({ path, reason: 'it is neither a file nor a folder' });
    } catch (error) {
      if (hasCode(error, 'remote-file-gone')) skipped.push({ path, reason: 'it is a link to nothing' });
      else if (hasCode(error, 'remote-file-unreadable')) unreadable.push({ path, reason: error.message });
      else throw error;
    }
  }

  /** How a file is now. @throws DropletError `remote-file-gone`, `remote-file-unreadable`; TemporaryError */
  async stat(path: string): Promise<RemoteFile> {
    return remoteFile(path, await this.attributes(path));
  }

  /**
   * The bytes of a file as it was listed: never more of them, and fewer only if it has shrunk.
   * @throws DropletError `remote-file-gone`, `remote-file-unreadable`; TemporaryError when the connection is lost
   */
  async *read(file: RemoteFile): AsyncGenerator<Buffer> {
    const session = await this.session();
    try {
      const handle = await session.request<Buffer>((sftp, done) => sftp.open(file.path, 'r', done));
      try {
        yield* readAhead(session, handle, file.sizeBytes);
      } finally {
        session
          .request<void>((sftp, done) => sftp.close(handle, (error) => done(error, undefined)))
          .catch(() => undefined);
      }
    } catch (error) {
      const trouble = asDropletError(file.path, error);
      throw hasCode(trouble, 'remote-file-gone') ? await this.whyGone(file, trouble) : trouble;
    }
  }

  /** A file that is still listed as it was is not gone: the server does not take the name that it lists. */
  private async whyGone(file: RemoteFile, gone: DropletError): Promise<DropletError> {
    const isSame = ({ filename, attrs }: FileEntryWithStats): boolean =>
      filename === posix.basename(file.path) &&
      attrs.size === file.sizeBytes &&
      attrs.mtime === file.modifiedAtSeconds;
    const listed = await this.entries(posix.dirname(file.path));
    if (!listed.some(isSame)) return gone;
    const reason = file.path.includes('\uFFFD')
      ? 'its name is not UTF-8'
      : 'the server lists it and does not find it';
    return new DropletError(
      'remote-file-unreadable',
      `${file.path} cannot be asked for: ${reason}. Have it renamed.`,
      {
        cause: gone,
      },
    );
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

  private attributes(path: string): Promise<Stats> {
    return this.ask(path, (sftp, done) => sftp.stat(path, done));
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
