import { posix } from 'node:path';
import type { Attributes, FileEntryWithStats } from 'ssh2';
import { DropletError, hasCode, messageOf, TemporaryError } from '../errors.ts';
import { connectSftp } from './connection.ts';
import { closeHandle, ListingBudget, listFolder } from './list-folder.ts';
import { readAhead } from './read-ahead.ts';
import { RequestTimeoutError, type SftpSession } from './session.ts';
import type { SftpConfiguration } from './sftp-configuration.ts';

/** A file as listed. */
export interface RemoteFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** By the server's clock, in whole seconds since 1970. */
  readonly modifiedAtSeconds: number;
}

interface Exclusion {
  readonly path: string;
  readonly reason: string;
}

/** What is in and below the remote folder. */
interface Listing {
  /** By path. */
  readonly files: RemoteFile[];
  /** Folders and links that may hide files. */
  readonly unreadable: Exclusion[];
  /** Neither files nor folders, and links to folders. */
  readonly skipped: Exclusion[];
}

/** Far deeper than SMT's folders. Ends the walk on a server that shows circular links as folders. */
const maxDepth = 10;
const noSuchFile = 2; // SSH_FX_NO_SUCH_FILE
const permissionDenied = 3; // SSH_FX_PERMISSION_DENIED
/** SSH_FX_NO_CONNECTION and SSH_FX_CONNECTION_LOST, which a client reports of its server. */
const connectionStatuses: ReadonlySet<number> = new Set([6, 7]);

/**
 * SMT's folder, over one connection that is opened when first needed and reopened after it was lost. Aborting the signal
 * fails all pending requests.
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
   * All files in and below the folder, links to files included.
   * @throws what connecting throws; DropletError `remote-folder` when the folder itself cannot be listed
   */
  async list(budget = new ListingBudget()): Promise<Listing> {
    const { remoteDir } = this.configuration;
    const listing: Listing = { files: [], unreadable: [], skipped: [] };
    const pending = [{ dir: remoteDir.replace(/(?<=^\/|[^/])\/+$/, ''), depth: 0 }];
    for (let next = pending.shift(); next; next = pending.shift()) {
      const { dir, depth } = next;
      try {
        for await (const { filename, attrs } of this.entries(dir, budget)) {
          const path = `${dir === '/' ? '' : dir}/${filename}`;
          if (attrs.isFile()) listing.files.push(remoteFile(path, attrs));
          else if (!attrs.isDirectory()) await this.listOther(path, listing);
          else if (depth < maxDepth) pending.push({ dir: path, depth: depth + 1 });
          else listing.skipped.push({ path, reason: `it is more than ${maxDepth} folders deep` });
        }
      } catch (error) {
        const isPartial = depth > 0 || listing.files.length > 0;
        if (!hasCode(error, 'remote-folder') || !isPartial) throw error;
        listing.unreadable.push({ path: dir, reason: error.message });
        if (budget.isSpent) break;
      }
    }
    listing.files.sort((one, other) => (one.path < other.path ? -1 : 1));
    return listing;
  }

  /** Resolves a link, or an entry whose type the server does not report. Links to folders may be circular: not followed. */
  private async listOther(path: string, { files, unreadable, skipped }: Listing): Promise<void> {
    try {
      const attributes = await this.attributes(path);
      if (attributes.isFile()) files.push(remoteFile(path, attributes));
      else if (attributes.isDirectory()) skipped.push({ path, reason: 'it is a link to a folder' });
      else skipped.push({ path, reason: 'it is neither a file nor a folder' });
    } catch (error) {
      if (hasCode(error, 'remote-file-deleted')) skipped.push({ path, reason: 'it is a link to nothing' });
      else if (hasCode(error, 'remote-file-unreadable') || hasCode(error, 'remote-file-timeout')) {
        unreadable.push({ path, reason: error.message });
      } else throw error;
    }
  }

  /** The file as it is now. @throws as {@link read} */
  async stat(path: string): Promise<RemoteFile> {
    return remoteFile(path, await this.attributes(path));
  }

  /**
   * The bytes of a file: at most the listed size, fewer only if it has shrunk.
   * @throws DropletError `remote-file-deleted`, `remote-file-unreadable`, `remote-file-timeout`; TemporaryError when the
   *   connection is lost
   */
  async *read(file: RemoteFile): AsyncGenerator<Buffer> {
    const session = await this.session();
    try {
      const handle = await session.request<Buffer>((sftp, done) => sftp.open(file.path, 'r', done));
      try {
        yield* readAhead(session, handle, file.sizeBytes);
      } finally {
        closeHandle(session, handle);
      }
    } catch (error) {
      const failure = asDropletError(file.path, error);
      throw hasCode(failure, 'remote-file-deleted') ? await this.explainMissing(file, failure) : failure;
    }
  }

  /** A file that is still listed unchanged was not deleted: the server does not accept the name that it lists. */
  private async explainMissing(file: RemoteFile, missing: DropletError): Promise<DropletError> {
    const isSame = ({ filename, attrs }: FileEntryWithStats): boolean =>
      filename === posix.basename(file.path) &&
      attrs.size === file.sizeBytes &&
      attrs.mtime === file.modifiedAtSeconds;
    for await (const entry of this.entries(posix.dirname(file.path), new ListingBudget())) {
      if (!isSame(entry)) continue;
      const reason = file.path.includes('\uFFFD')
        ? 'its name is not UTF-8'
        : 'the server lists it but does not find it';
      return new DropletError(
        'remote-file-unreadable',
        `${file.path} cannot be opened: ${reason}. Ask SMT to rename it.`,
        { cause: missing },
      );
    }
    return missing;
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

  private async attributes(
    path: string,
  ): Promise<Attributes & Pick<FileEntryWithStats['attrs'], 'isFile' | 'isDirectory'>> {
    const session = await this.session();
    try {
      return await session.request((sftp, done) => sftp.stat(path, done));
    } catch (error) {
      throw asDropletError(path, error);
    }
  }

  private async *entries(dir: string, budget: ListingBudget): AsyncGenerator<FileEntryWithStats> {
    const session = await this.session();
    try {
      yield* listFolder(session, dir, budget);
    } catch (error) {
      throw asDropletError(dir, error, 'remote-folder');
    }
  }
}

function remoteFile(path: string, { size, mtime }: Attributes): RemoteFile {
  return { path, sizeBytes: size, modifiedAtSeconds: mtime };
}

/** An error response concerns the file; any other error concerns the connection and is worth another attempt. */
function asDropletError(path: string, error: unknown, code?: 'remote-folder'): DropletError {
  if (error instanceof DropletError) return error;
  const status = error instanceof Error && 'code' in error ? error.code : undefined;
  const cause = { cause: error };
  const isTimeout = error instanceof RequestTimeoutError;
  if (!isTimeout && (typeof status !== 'number' || connectionStatuses.has(status))) {
    return new TemporaryError(
      'sftp-unreachable',
      `The SFTP connection was lost: ${messageOf(error)}.`,
      cause,
    );
  }
  const reason = status === permissionDenied ? 'permission denied' : messageOf(error);
  if (code) return new DropletError(code, `The remote folder ${path} cannot be listed: ${reason}.`, cause);
  if (isTimeout) return new DropletError('remote-file-timeout', `${path}: ${reason}.`, cause);
  if (status === noSuchFile)
    return new DropletError('remote-file-deleted', `${path} has been deleted.`, cause);
  return new DropletError('remote-file-unreadable', `${path} cannot be read: ${reason}.`, cause);
}
