import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';

/**
 * One JSON line for each change, in order: the order of lines is the order of versions, also when their times are equal.
 * A line is written by one synchronous call after the bytes it refers to are in place. A kill can leave at most a torn
 * last line, which does not count and is truncated at the next start.
 */
export class Journal<Entry> {
  /** Lines written since the journal began; grows with every append, over restarts too. */
  length: number;
  private sizeBytes: number;
  private readonly file: number;

  private constructor(file: number, length: number, sizeBytes: number) {
    this.file = file;
    this.length = length;
    this.sizeBytes = sizeBytes;
  }

  /** Opens or begins the journal at `path` and returns what it holds. Throws when a line in the middle is not JSON. */
  static open<Entry>(path: string): { journal: Journal<Entry>; entries: Entry[] } {
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const wholeBytes = bytes.lastIndexOf('\n') + 1;
    if (wholeBytes < bytes.length) truncateSync(path, wholeBytes);
    const lines = bytes.toString('utf8', 0, wholeBytes).split('\n').slice(0, -1);
    const entries = lines.map((line) => JSON.parse(line) as Entry);
    return { journal: new Journal<Entry>(openSync(path, 'a'), lines.length, wholeBytes), entries };
  }

  /** Appends one line, or nothing at all if the write fails (and then throws). */
  append(entry: Entry): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      writeFileSync(this.file, line);
    } catch (error) {
      ftruncateSync(this.file, this.sizeBytes);
      throw error;
    }
    this.length += 1;
    this.sizeBytes += line.length;
  }

  close(): void {
    closeSync(this.file);
  }
}
