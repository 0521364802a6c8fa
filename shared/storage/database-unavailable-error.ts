/** No connection to the database. Does not import pg, for functions that map errors but have no database. */
export class DatabaseUnavailableError extends Error {
  readonly code = 'database-unavailable';
  constructor(cause: unknown) {
    super(`No connection to the database: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.name = 'DatabaseUnavailableError';
  }
}
