import { createHash, randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SyncConfiguration } from './configuration.ts';
import type { RemoteFile } from './sftp/remote-folder.ts';

/** A remote file in one state: the same path with another size or time is another one. */
interface Entry {
  readonly path: string;
  readonly size: number;
  readonly mtime: number;
  /** Hex; null while the file was only seen, and not delivered yet. */
  readonly sha256: string | null;
  /** When it was delivered, or first seen like this; an ISO instant. */
  readonly at: string;
}

/**
 * What was delivered, so that a run need not fetch everything again to find out. Only a cache: without it, or with half
 * of it, files are fetched again, and the API says that it has them.
 */
export class Ledger {
  private readonly file: string;
  private readonly entries: Map<string, Entry>;
  private readonly onTrouble: (error: unknown) => void;

  private constructor(file: string, entries: Map<string, Entry>, onTrouble: (error: unknown) => void) {
    this.file = file;
    this.entries = entries;
    this.onTrouble = onTrouble;
  }

  /**
   * Reads the ledger of deliveries from one SFTP folder to one API. Lines that a crash cut off are passed over.
   * @param onTrouble told when the ledger could not be read or written, which only costs a run some questions
   */
  static async open(
    configuration: SyncConfiguration,
    onTrouble: (error: unknown) => void = () => undefined,
  ): Promise<Ledger> {
    await mkdir(configuration.localDir, { recursive: true });
    const file = path.join(configuration.localDir, `delivered-${wayOf(configuration)}.jsonl`);
    const entries = new Map<string, Entry>();
    for (const line of (await readIfThere(file, onTrouble)).split('\n')) {
      const entry = parseEntry(line);
      if (entry) entries.set(keyOf(entry.path, entry.size, entry.mtime), entry);
    }
    return new Ledger(file, entries, onTrouble);
  }

  hasDelivered(file: RemoteFile): boolean {
    return typeof this.find(file)?.sha256 === 'string';
  }

  /** Since when the file has been seen as it is now; from now on, if it never was. Milliseconds since 1970. */
  async seenSinceMs(file: RemoteFile): Promise<number> {
    const known = this.find(file);
    if (known) return Date.parse(known.at);
    const nowMs = Date.now();
    await this.add(file, null, nowMs);
    return nowMs;
  }

  async delivered(file: RemoteFile, sha256: string): Promise<void> {
    await this.add(file, sha256, Date.now());
  }

  /** Forgets the files that SMT has removed, and what came of writing a line at a time. */
  async keepOnly(files: readonly RemoteFile[]): Promise<void> {
    const kept = files.flatMap((file) => this.find(file) ?? []);
    this.entries.clear();
    for (const entry of kept) this.entries.set(keyOf(entry.path, entry.size, entry.mtime), entry);
    const next = `${this.file}.${randomUUID()}`;
    try {
      await writeFile(next, kept.map((entry) => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600 });
      await rename(next, this.file);
    } catch (error) {
      this.onTrouble(error);
      await rm(next, { force: true });
    }
  }

  private find({ path: remotePath, sizeBytes, modifiedAtSeconds }: RemoteFile): Entry | undefined {
    return this.entries.get(keyOf(remotePath, sizeBytes, modifiedAtSeconds));
  }

  private async add(file: RemoteFile, sha256: string | null, atMs: number): Promise<void> {
    const { path, sizeBytes: size, modifiedAtSeconds: mtime } = file;
    const entry: Entry = { path, size, mtime, sha256, at: new Date(atMs).toISOString() };
    this.entries.set(keyOf(path, size, mtime), entry);
    try {
      await appendFile(this.file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
    } catch (error) {
      this.onTrouble(error);
    }
  }
}

/** Another server or another API is another ledger: what the one has, the other has not. */
function wayOf({ api, sftp }: SyncConfiguration): string {
  const way = JSON.stringify([sftp.host, sftp.port, sftp.user, api.baseUrl]);
  return createHash('sha256').update(way).digest('hex').slice(0, 12);
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

async function readIfThere(file: string, onTrouble: (error: unknown) => void): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onTrouble(error);
    return '';
  }
}
