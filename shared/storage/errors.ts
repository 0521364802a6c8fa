import { DatabaseError } from 'pg';
import { DatabaseUnavailableError } from './database-unavailable-error.ts';

export { DatabaseUnavailableError };

/** The errors that this folder defines. */
abstract class StorageError extends Error {
  abstract readonly code: string;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The worker's lease was taken over (or the file replayed) while it worked: its work was rolled back. */
export class LeaseLostError extends StorageError {
  readonly code = 'lease-lost';
  constructor(rawFileId: string) {
    super(`The lease on raw file ${rawFileId} was taken over; the work of this attempt was rolled back.`);
  }
}

/** The database's schema was made by a later version of this program: it has everything that this version needs, and more. */
export class DatabaseNewerError extends StorageError {
  readonly code = 'database-newer';
  constructor(unknownMigrations: readonly string[]) {
    super(
      `The database has migrations this version does not know (${unknownMigrations.join(', ')}). ` +
        'Run the version that made them, or a later one.',
    );
  }
}

/** The database's schema was made by another branch of this program: it has migrations that are unknown here, and lacks others. */
export class DatabaseDivergedError extends StorageError {
  readonly code = 'database-diverged';
  constructor(unknownMigrations: readonly string[], lackingMigrations: readonly string[]) {
    super(
      `The database has migrations this version does not know (${unknownMigrations.join(', ')}) and lacks some that ` +
        `it needs (${lackingMigrations.join(', ')}). Run a version that has all of them.`,
    );
  }
}

/** The server is too old. */
export class PostgresTooOldError extends StorageError {
  readonly code = 'postgres-too-old';
  constructor(serverVersion: string) {
    super(`The database is PostgreSQL ${serverVersion}; 15 or later is needed.`);
  }
}

/** The database holds tables of these names that this program did not make. */
export class ForeignTablesError extends StorageError {
  readonly code = 'foreign-tables';
  constructor(names: readonly string[]) {
    super(
      `The database already has ${names.join(', ')}, not made by smt-ingest. ` +
        'Nothing was changed: configure another schema (see infra/DEPLOY.md) or another database.',
    );
  }
}

/** A migration failed and was rolled back. */
export class MigrationFailedError extends StorageError {
  readonly code = 'migration-failed';
  constructor(cause: unknown) {
    super(
      `The migration failed and was rolled back: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}

/** Connection exceptions, transaction rollback (serialization, deadlock), resources, operator intervention, I/O. */
const transientSqlStates = /^(08|40|53|57P0[123]|58|55P03|25P0[34]|57014)/;

const transientSocketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNABORTED',
]);

/** The server ends the connection, or takes none: connection exceptions, shutdown, crash, start and recovery. */
const unavailableSqlStates = /^(08|57P0[123])/;

/**
 * pg's errors for a lost connection have no code. An error of its client that is not from the server is such a loss, except
 * for invalid arguments of ours; so is the server's own that it is not available.
 */
export function asDatabaseError(error: unknown): unknown {
  if (error instanceof DatabaseError && unavailableSqlStates.test(error.code ?? '')) {
    return new DatabaseUnavailableError(error);
  }
  const known = [StorageError, DatabaseError, TypeError, RangeError].some((kind) => error instanceof kind);
  return known ? error : new DatabaseUnavailableError(error);
}

/** Data exceptions and integrity violations: the file's content is invalid, and a retry cannot succeed. */
const rejectingSqlStates = /^(22|23)/;

/** The SQLSTATE with which the database rejected data, or null for any other error. */
export function rejectionSqlState(error: unknown): string | null {
  return error instanceof DatabaseError && rejectingSqlStates.test(error.code ?? '')
    ? (error.code ?? null)
    : null;
}

/**
 * Whether a retry can help: the database was unavailable, restarting, out of space, or chose this transaction as a deadlock
 * victim. Determined by class, SQLSTATE or socket code, along the chain of causes.
 */
export function isTransientDatabaseError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof DatabaseUnavailableError) return true;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (transientSocketCodes.has(code)) return true;
  if (error instanceof DatabaseError && transientSqlStates.test(code)) return true;
  return isTransientDatabaseError(error.cause);
}
