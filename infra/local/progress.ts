/** A line on the terminal that says what is going on; nothing when standard error is not a terminal. */
export class Progress {
  readonly #total: number;
  readonly #isShown = process.stderr.isTTY;
  #done = 0;

  constructor(total: number) {
    this.#total = total;
  }

  step(filename: string, what: string): void {
    if (!this.#isShown) return;
    const width = process.stderr.columns || 80;
    const line = `${this.#done + 1}/${this.#total} ${filename}: ${what}`;
    process.stderr.write(`\r\x1b[K${line.slice(0, width - 1)}`);
  }

  done(): void {
    this.#done = Math.min(this.#done + 1, this.#total - 1);
  }

  /** Makes room for a line that stays. */
  clear(): void {
    if (this.#isShown) process.stderr.write('\r\x1b[K');
  }
}
