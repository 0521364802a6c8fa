/** More than half of the invocation's time is used: files not yet started are left to another invocation. */
export class TimeRunningOutError extends Error {
  readonly code = 'time-running-out';
  constructor() {
    super('Too little of this invocation is left to begin another file; a later one will.');
    this.name = 'TimeRunningOutError';
  }
}

/**
 * Checks before each file of a batch that at least half of the invocation's time is left. A file started late, after
 * slow ones, would be cut off by the timeout, and after three timeouts fail because of other files.
 * @throws TimeRunningOutError
 */
export function checkTimeLeft(remainingMs: number, wholeMs: number): void {
  if (remainingMs < wholeMs / 2) throw new TimeRunningOutError();
}
