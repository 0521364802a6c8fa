import { DatabaseUnavailableError } from '../storage/database-unavailable-error.ts';

/** A lost connection costs one step; after a second one the database is down, and each further step would wait to connect. */
const maxLostConnections = 2;

/** The steps of a sweep: one that fails does not stop the others. */
export class Steps {
  /** Names of the steps that failed or were left out. */
  readonly failed: string[] = [];
  private lostConnections = 0;
  private readonly onError: (what: string, details: Record<string, unknown>, error: unknown) => void;

  constructor(onError: (what: string, details: Record<string, unknown>, error: unknown) => void) {
    this.onError = onError;
  }

  /** Runs a step. @returns its result; null if it failed */
  async run<T>(name: string, step: () => Promise<T>): Promise<T | null> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) this.lostConnections++;
      this.failed.push(name);
      this.onError('step of the sweep failed', { step: name }, error);
      return null;
    }
  }

  /** Runs a step that needs the database, unless that is down. @returns its result; null if it failed or was left out */
  async query<T>(name: string, step: () => Promise<T>): Promise<T | null> {
    if (this.lostConnections < maxLostConnections) return this.run(name, step);
    this.failed.push(name);
    return null;
  }
}
