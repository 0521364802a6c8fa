import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export type LineListener = (line: string, functionName: string) => void;

/** The log lines of all functions: one file a function, and listeners. */
export class FunctionLogs {
  readonly dir: string;
  private readonly files = new Map<string, WriteStream>();
  private readonly listeners = new Set<LineListener>();

  constructor(dir: string) {
    this.dir = dir;
    mkdirSync(dir, { recursive: true });
  }

  /** Calls the listener for each line from now on; the returned function ends that. */
  onLine(listener: LineListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Takes all lines of a process's output. */
  collect(functionName: string, output: Readable, onLine?: (line: string) => void): void {
    createInterface({ input: output }).on('line', (line) => {
      this.write(functionName, line);
      onLine?.(line);
    });
  }

  write(functionName: string, line: string): void {
    this.file(functionName).write(`${line}\n`);
    for (const listener of this.listeners) listener(line, functionName);
  }

  async close(): Promise<void> {
    await Promise.all([...this.files.values()].map((file) => new Promise((done) => file.end(done))));
  }

  private file(functionName: string): WriteStream {
    let file = this.files.get(functionName);
    if (!file) {
      file = createWriteStream(path.join(this.dir, `${functionName}.log`), { flags: 'a' });
      // A log that cannot be written (disk full, folder removed) must not take the stack down.
      file.on('error', () => this.files.delete(functionName));
      this.files.set(functionName, file);
    }
    return file;
  }
}
