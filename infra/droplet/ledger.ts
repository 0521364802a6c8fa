import { createHash, randomUUID } from 'node:crypto';
import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SyncConfiguration } from './configuration.ts';
import type { RemoteFile } from './sftp/remote-folder.ts';

/** A remote file in one state: the same path with another size or time is another entry. */
interface Entry {
  readonly path: string;
  readonly size: number;
  readonly mtime: number;
  /** Hex; null until the file is delivered. */
  readonly sha256: string | null;
  /** When it was delivered or, before that, first seen in this state; an ISO instant. */
  readonly at: string;
  /** Attempts to deliver it that were begun. */
  readonly attempts?: number;
}

/**
 * The files that were seen and delivered, so that a run does not fetch them all again to find out. Only a cache: if it
 * is missing or incomplete, files are fetched again, and the API reports that it has them.
 */
export class Ledger {
  private readonly file: string;
  private readonly entries: Map<string, Entry>;
  private readonly onError: (error: unknown) => void;
  private unwritten: string[] = [];
  private writing: Promise<void> | undefined;

  private constructor(file: string, entries: Map<string, Entry>, onError: (error: unknown) => void) {
    this.file = file;
    this.entries = entries;
    this.onError = onError;
  }

  /**
   * Reads the ledger of deliveries from one SFTP folder to one API. Lines that a crash cut off are ignored.
   * @param onError called when the ledger cannot be read or written; the only cost is more requests in the next run
   */
  static async open(
    configuration: SyncConfiguration,
    onError: (error: unknown) => void = () => undefined,
  ): Promise<Ledger> {
    const file = path.join(configuration.localDir, `delivered-${routeOf(configuration)}.jsonl`);
    const entries = new Map<string, Entry>();
    for (const line of (await readIfThere(file, onError)).split('\n')) {
      const entry = parseEntry(line);
      if (entry) entries.set(keyOf(entry.path, entry.size, entry.mtime), entry);
    }
    return new Ledger(file, entries, onError);
  }

  hasDelivered(file: RemoteFile): boolean {
    return typeof this.find(file)?.sha256 === 'string';
  }

  /** Attempts begun at a file that is not delivered, in this run and in earlier ones. */
  attemptsAt(file: RemoteFile): number {
    return this.find(file)?.attempts ?? 0;
  }

  /** When the file was first seen in its present state: now, if it is new. Milliseconds since 1970. */
  async seenSinceMs(file: RemoteFile): Promise<number> {
    const known = this.find(file);
    if (known) return Date.parse(known.at);
    const nowMs = Date.now();
    await this.add(file, { sha256: null, at: new Date(nowMs).toISOString() });
    return nowMs;
  }

  /** Records an attempt before it begins, so that it counts even if it never ends. */
  async recordAttempt(file: RemoteFile): Promise<void> {
    const at = this.find(file)?.at ?? new Date().toISOString();
    await this.add(file, { sha256: null, at, attempts: this.attemptsAt(file) + 1 });
  }

  async recordDelivery(file: RemoteFile, sha256: string): Promise<void> {
    await this.add(file, { sha256, at: new Date().toISOString() });
  }

  /** Drops the files that SMT has removed, and compacts the ledger to one line per file. */
  async keepOnly(files: readonly RemoteFile[]): Promise<void> {
    const kept = files.flatMap((file) => this.find(file) ?? []);
    this.entries.clear();
    for (const entry of kept) this.entries.set(keyOf(entry.path, entry.size, entry.mtime), entry);
    const next = `${this.file}.${randomUUID()}`;
    try {
      await writeFile(next, kept.map((entry) => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600 });
      await rename(next, this.file);
    } catch (error) {
      this.onError(error);
      await rm(next, { force: true });
    }
  }

  private find({ path: remotePath, sizeBytes, modifiedAtSeconds }: RemoteFile): Entry | undefined {
    return this.entries.get(keyOf(remotePath, sizeBytes, modifiedAtSeconds));
  }

  /** Resolves when the entry is in the file. Entries that arrive while one is written go into the next write together. */
  private async add(file: RemoteFile, state: Pick<Entry, 'sha256' | 'at' | 'attempts'>): Promise<void> {
    const { path, sizeBytes: size, modifiedAtSeconds: mtime } = file;
    const entry: Entry = { path, size, mtime, ...state };
    this.entries.set(keyOf(path, size, mtime), entry);
    this.unwritten.push(`${JSON.stringify(entry)}\n`);
    await this.writing;
    this.writing ??= this.write();
    await this.writing;
  }

  private async write(): Promise<void> {
    const lines = this.unwritten.splice(0).join('');
    try {
      await appendFile(this.file, lines, { mode: 0o600 });
    } catch (error) {
      this.onError(error);
    } finally {
      this.writing = undefined;
    }
  }
}

/** Each pair of server and API has a ledger: what one API has, another has not. */
function routeOf({ api, sftp }: SyncConfiguration): string {
  const route = JSON.stringify([sftp.host, sftp.port, sftp.user, api.baseUrl]);
  return createHash('sha256').update(route).digest('hex').slice(0, 12);
}

function keyOf(remotePath: string, size: number, mtime: number): string {
  return JSON.stringify([remotePath, size, mtime]);
}

function parseEntry(line: string): Entry | null {
  try {
    const entry = JSON.parse(line) as Entry;
    const isEntry = typeof entry.path === 'string' && !Number.isNaN(Date.parse(entry.at));
    return isEntry ? entry : null;
  } catch {
    return null;
  }
}

async function readIfThere(file: string, onError: (error: unknown) => void): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onError(error);
    return '';
  }
}
