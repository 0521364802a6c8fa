const redrawMs = 100;
const barCells = 20;

/** A bar at the bottom of a terminal; elsewhere nothing. Log lines appear above it. */
export class ProgressBar {
  private readonly terminal: NodeJS.WriteStream;
  private totalFiles = 0;
  private doneFiles = 0;
  private bytes = 0;
  private startedAtMs = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(terminal: NodeJS.WriteStream) {
    this.terminal = terminal;
  }

  start(totalFiles: number): void {
    this.stop();
    Object.assign(this, { totalFiles, doneFiles: 0, bytes: 0, startedAtMs: Date.now() });
    if (!this.terminal.isTTY || totalFiles === 0) return;
    this.timer = setInterval(() => this.draw(), redrawMs);
  }

  /** Counts bytes as they move. */
  moved(bytes: number): void {
    this.bytes += bytes;
  }

  fileDone(): void {
    this.doneFiles += 1;
  }

  /** Prints text above the bar. */
  print(text: string): void {
    if (this.timer) this.terminal.write('\r\x1b[K');
    process.stdout.write(text);
    if (this.timer) this.draw();
  }

  stop(): void {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.terminal.write('\r\x1b[K');
  }

  private draw(): void {
    const { totalFiles, doneFiles, bytes } = this;
    const filled = Math.round((barCells * doneFiles) / totalFiles);
    const bar = '█'.repeat(filled) + '░'.repeat(barCells - filled);
    const seconds = Math.max(0.1, (Date.now() - this.startedAtMs) / 1000);
    const mb = (count: number): string => (count / 1e6).toFixed(1);
    const line = `${bar} ${doneFiles}/${totalFiles} files  ${mb(bytes)} MB  ${mb(bytes / seconds)} MB/s`;
    this.terminal.write(`\r${line.slice(0, (this.terminal.columns || 80) - 1)}\x1b[K`);
  }
}
