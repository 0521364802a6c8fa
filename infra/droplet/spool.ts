import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { DropletError } from './errors.ts';

const unnamedPrefix = '.spooling-';

export interface SpoolOptions {
  readonly dir: string;
  /** Disk space to leave free. */
  readonly minFreeBytes: number;
  /** Free space on the disk of a folder; default: what the file system reports. */
  readonly freeBytes?: (dir: string) => Promise<number>;
}

/** A file's bytes on disk, without a name: the system frees them whatever ends the process, a kill included. */
export interface SpooledFile {
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  /** The bytes from the start; may be called again. */
  read(): Readable;
  release(): Promise<void>;
}

/**
 * Holds files between SFTP and S3, since the hash of an upload must be known before it begins. Space for all files in
 * flight is reserved before they are fetched, so the disk never fills up.
 */
export class Spool {
  private readonly options: SpoolOptions;
  private readonly freeBytes: (dir: string) => Promise<number>;
  /** Reserved and not written yet. */
  private reservedBytes = 0;
  private holders = 0;
  private waiting: (() => void)[] = [];

  private constructor(options: SpoolOptions) {
    this.options = options;
    this.freeBytes = options.freeBytes ?? freeBytesOf;
  }

  /** Creates the folder if needed, and removes names that a kill between two system calls left behind. */
  static async open(options: SpoolOptions): Promise<Spool> {
    await mkdir(options.dir, { recursive: true, mode: 0o700 });
    const left = (await readdir(options.dir)).filter((name) => name.startsWith(unnamedPrefix));
    await Promise.all(left.map((name) => rm(path.join(options.dir, name), { force: true })));
    return new Spool(options);
  }

  /**
   * Stores a file. Waits for space while other files hold some.
   * @param bytes yields at most sizeBytes
   * @throws DropletError `disk-full` when the file alone does not fit; what `bytes` throws
   */
  async store(bytes: () => AsyncIterable<Buffer>, sizeBytes: number): Promise<SpooledFile> {
    await this.reserve(sizeBytes);
    let unwritten = sizeBytes;
    const release = (): void => {
      this.reservedBytes -= unwritten;
      unwritten = 0;
      this.holders -= 1;
      for (const wake of this.waiting.splice(0)) wake();
    };
    let file: FileHandle | undefined;
    try {
      file = await this.openUnnamed();
      const hash = createHash('sha256');
      let written = 0;
      for await (const chunk of bytes()) {
        hash.update(chunk);
        await writeAll(file, chunk);
        written += chunk.length;
        unwritten -= chunk.length;
        this.reservedBytes -= chunk.length;
      }
      return spooledFile(file, written, hash.digest('hex'), release);
    } catch (error) {
      await file?.close();
      release();
      throw asDiskFull(error, this.options.dir);
    }
  }

  private async reserve(sizeBytes: number): Promise<void> {
    for (;;) {
      const free = (await this.freeBytes(this.options.dir)) - this.options.minFreeBytes;
      if (sizeBytes <= free - this.reservedBytes) break;
      if (this.holders === 0) throw diskFull(this.options, sizeBytes, free);
      await new Promise<void>((wake) => this.waiting.push(wake));
    }
    this.reservedBytes += sizeBytes;
    this.holders += 1;
  }

  private async openUnnamed(): Promise<FileHandle> {
    const name = path.join(this.options.dir, `${unnamedPrefix}${randomUUID()}`);
    const file = await open(name, 'wx+', 0o600);
    await rm(name, { force: true });
    return file;
  }
}

function spooledFile(
  file: FileHandle,
  sizeBytes: number,
  sha256: string,
  onRelease: () => void,
): SpooledFile {
  let isReleased = false;
  return {
    sizeBytes,
    sha256,
    read: () => Readable.from(readFrom(file, sizeBytes), { objectMode: false }),
    async release() {
      if (isReleased) return;
      isReleased = true;
      await file.close();
      onRelease();
    },
  };
}

const readBytes = 256 * 1024;

async function* readFrom(file: FileHandle, sizeBytes: number): AsyncGenerator<Buffer> {
  for (let position = 0; position < sizeBytes; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(readBytes), 0, readBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let offset = 0; offset < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, offset);
    offset += bytesWritten;
  }
}

async function freeBytesOf(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}

function diskFull({ dir, minFreeBytes }: SpoolOptions, sizeBytes: number, free: number): DropletError {
  const mb = (bytes: number): number => Math.floor(bytes / 1024 ** 2);
  return new DropletError(
    'disk-full',
    `${dir} has ${mb(Math.max(0, free))} MB free beyond the ${mb(minFreeBytes)} MB to leave free (SMT_MIN_FREE_MB), and the file needs ${mb(sizeBytes)} MB. Free some space; the next run fetches the file.`,
  );
}

function asDiskFull(error: unknown, dir: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new DropletError(
    'disk-full',
    `The disk of ${dir} is full. Free some space; the next run fetches the file.`,
    {
      cause: error,
    },
  );
}
