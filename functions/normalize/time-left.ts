/** An invocation's time is half over: what it has not begun is left to another, which has all of it. */
export class TimeRunningOutError extends Error {
  readonly code = 'time-running-out';
  constructor() {
    super('Too little of this invocation is left to begin another file; a later one will.');
    this.name = 'TimeRunningOutError';
  }
}

/**
 * Checks before each file of a batch that at least half of the invocation's time is left. A file begun late behind slow
 * ones would be cut off by the timeout, and after three times given up for what others did.
 * @throws TimeRunningOutError
 */
export function checkTimeLeft(remainingMs: number, wholeMs: number): void {
  if (remainingMs < wholeMs / 2) throw new TimeRunningOutError();
}
