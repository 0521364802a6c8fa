/** A progress line on the terminal; nothing when standard error is not a terminal. */
export class Progress {
  private readonly total: number;
  private readonly isShown = process.stderr.isTTY;
  private doneCount = 0;

  constructor(total: number) {
    this.total = total;
  }

  step(filename: string, what: string): void {
    if (!this.isShown) return;
    const width = process.stderr.columns || 80;
    const line = `${this.doneCount + 1}/${this.total} ${filename}: ${what}`;
    process.stderr.write(`\r\x1b[K${line.slice(0, width - 1)}`);
  }

  done(): void {
    this.doneCount = Math.min(this.doneCount + 1, this.total - 1);
  }

  /** Clears the line, so that a permanent one can be written. */
  clear(): void {
    if (this.isShown) process.stderr.write('\r\x1b[K');
  }
}
