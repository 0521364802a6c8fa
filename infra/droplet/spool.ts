import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { DropletError } from './errors.ts';

const unnamedPrefix = '.spooling-';

export interface SpoolOptions {
  readonly dir: string;
  /** Disk space that is left alone. */
  readonly minFreeBytes: number;
  /** Space that is free on the disk of a folder; default: what the file system says. */
  readonly freeBytes?: (dir: string) => Promise<number>;
}

/** A file's bytes on the disk, with no name: whatever ends the process, even a kill, frees them. */
export interface SpooledFile {
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  /** The bytes from the start, as often as needed. */
  read(): Readable;
  release(): Promise<void>;
}

/**
 * Where files wait between SFTP and S3, since an upload's hash has to be known before it begins. Bounded: room is set
 * aside before a file is fetched, for all that are on the way together, and the disk is never filled.
 */
export class Spool {
  private readonly options: SpoolOptions;
  private readonly freeBytes: (dir: string) => Promise<number>;
  /** Room set aside that is not written to yet. */
  private reservedBytes = 0;
  private holders = 0;
  private waiting: (() => void)[] = [];

  private constructor(options: SpoolOptions) {
    this.options = options;
    this.freeBytes = options.freeBytes ?? freeBytesOf;
  }

  /** Makes the folder if need be, and removes names that a kill in the wrong millisecond left behind. */
  static async open(options: SpoolOptions): Promise<Spool> {
    await mkdir(options.dir, { recursive: true, mode: 0o700 });
    const left = (await readdir(options.dir)).filter((name) => name.startsWith(unnamedPrefix));
    await Promise.all(left.map((name) => rm(path.join(options.dir, name), { force: true })));
    return new Spool(options);
  }

  /**
   * Takes a file in. Waits for room while other files hold some.
   * @param bytes at most sizeBytes of them
   * @throws DropletError `disk-full` when there is no room even alone; whatever `bytes` throws
   */
  async take(bytes: () => AsyncIterable<Buffer>, sizeBytes: number): Promise<SpooledFile> {
    await this.reserve(sizeBytes);
    let unwritten = sizeBytes;
    const emitBlock = (): void => {
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
      return spooledFile(file, written, hash.digest('hex'), emitBlock);
    } catch (error) {
      await file?.close();
      emitBlock();
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
  emitBlock: () => void,
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
      emitBlock();
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
    `${dir} has room for ${mb(Math.max(0, free))} MB (${mb(minFreeBytes)} MB are left alone), and the file has ${mb(sizeBytes)} MB. Make room; the next run takes the file.`,
  );
}

function asDiskFull(error: unknown, dir: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new DropletError(
    'disk-full',
    `The disk of ${dir} is full. Make room; the next run takes the file.`,
    {
      cause: error,
    },
  );
}
