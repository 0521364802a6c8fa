import type { FileEntryWithStats } from 'ssh2';
import { DropletError } from '../errors.ts';
import type { SftpSession } from './session.ts';

const endOfFile = 1; // SSH_FX_EOF

/** Limits of a listing: a folder may be endless, by an error of the server or by intent. */
export class ListingBudget {
  private readonly maxEntries: number;
  private readonly maxMs: number;
  private readonly startedAtMs = Date.now();
  private entries = 0;
  private isExceeded = false;

  /** The defaults keep a run within a quarter of the memory that its service may use. */
  constructor({ maxEntries = 250_000, maxMs = 15 * 60_000 } = {}) {
    this.maxEntries = maxEntries;
    this.maxMs = maxMs;
  }

  get isSpent(): boolean {
    return this.isExceeded;
  }

  /**
   * Counts the entries of one response; an empty response counts too.
   * @throws DropletError `remote-folder`
   */
  spend(dir: string, entries: number): void {
    this.entries += Math.max(1, entries);
    const exceeded =
      this.entries > this.maxEntries
        ? `it has more than ${this.maxEntries} entries`
        : Date.now() - this.startedAtMs > this.maxMs &&
          `listing took more than ${this.maxMs / 60_000} minutes`;
    if (exceeded) {
      this.isExceeded = true;
      throw new DropletError(
        'remote-folder',
        `The listing of the remote folder stopped in ${dir}: ${exceeded}. Files behind that are not fetched: ask SMT to remove old files, or set SMT_REMOTE_DIR to a subfolder.`,
      );
    }
  }
}

/**
 * The entries of one folder, as the server returns them, without `.` and `..`.
 * @throws the server's error response; what {@link SftpSession.request} throws; DropletError `remote-folder` when the
 *   budget is exceeded
 */
export async function* listFolder(
  session: SftpSession,
  dir: string,
  budget: ListingBudget,
): AsyncGenerator<FileEntryWithStats> {
  const handle = await session.request<Buffer>((sftp, done) => sftp.opendir(dir, done));
  try {
    for (;;) {
      const entries = await readEntries(session, handle);
      if (!entries) return;
      budget.spend(dir, entries.length);
      yield* entries;
    }
  } finally {
    closeHandle(session, handle);
  }
}

/** @returns null at the end of the folder */
async function readEntries(session: SftpSession, handle: Buffer): Promise<FileEntryWithStats[] | null> {
  try {
    return await session.request<FileEntryWithStats[]>((sftp, done) => sftp.readdir(handle, done));
  } catch (error) {
    if ((error as Error & { readonly code?: unknown }).code === endOfFile) return null;
    throw error;
  }
}

/** Closes a handle without waiting: whether it succeeds matters to no file, and the session's end closes it as well. */
export function closeHandle(session: SftpSession, handle: Buffer): void {
  const closing = session.request<void>((sftp, done) =>
    sftp.close(handle, (error) => done(error, undefined)),
  );
  closing.catch(() => undefined);
}
