import { randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A run of bytes on disk: a whole object, or one part of it. */
export interface Blob {
  readonly name: string;
  readonly sizeBytes: number;
}

/** Bytes in files. They are written under `incoming/` and renamed into `blobs/` when complete and verified. */
export class Blobs {
  private readonly incoming: string;
  private readonly kept: string;

  constructor(dataDir: string) {
    this.incoming = join(dataDir, 'incoming');
    this.kept = join(dataDir, 'blobs');
    rmSync(this.incoming, { recursive: true, force: true });
    mkdirSync(this.incoming, { recursive: true });
    mkdirSync(this.kept, { recursive: true });
  }

  /** Streams `bytes` to disk and returns the file's name, not yet kept. Leaves no file behind when `bytes` throws. */
  async receive(bytes: AsyncIterable<Buffer>): Promise<string> {
    const name = randomUUID();
    const path = join(this.incoming, name);
    const file = await open(path, 'wx');
    try {
      for await (const piece of bytes) await file.writeFile(piece);
    } catch (error) {
      await file.close();
      await rm(path, { force: true });
      throw error;
    }
    await file.close();
    return name;
  }

  /** Makes a received file permanent, in one step. */
  keep(name: string): void {
    renameSync(join(this.incoming, name), join(this.kept, name));
  }

  /** Removes a received file that is not wanted after all. */
  discard(name: string): void {
    rmSync(join(this.incoming, name), { force: true });
  }

  /** Removes a kept file. A reader that has it open can read to its end. */
  remove(blob: Blob): void {
    rmSync(join(this.kept, blob.name), { force: true });
  }

  /** Removes every kept file that `used` does not name: a kill between rename and journal leaves such files behind. */
  removeUnused(used: ReadonlySet<string>): void {
    for (const name of readdirSync(this.kept)) if (!used.has(name)) rmSync(join(this.kept, name));
  }

  /** Streams `sizeBytes` bytes from `offset` of the blobs laid end to end. */
  async *read(blobs: readonly Blob[], offset: number, sizeBytes: number): AsyncGenerator<Buffer> {
    let skip = offset;
    let left = sizeBytes;
    for (const blob of blobs) {
      if (left > 0 && skip < blob.sizeBytes) {
        const take = Math.min(left, blob.sizeBytes - skip);
        const range = { start: skip, end: skip + take - 1, highWaterMark: 256 * 1024 };
        yield* createReadStream(join(this.kept, blob.name), range) as AsyncIterable<Buffer>;
        left -= take;
      }
      skip = Math.max(0, skip - blob.sizeBytes);
    }
  }
}
