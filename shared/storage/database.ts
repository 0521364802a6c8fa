import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import { Pool, type PoolClient, type PoolConfig, types } from 'pg';
import { asDatabaseError, isTransientDatabaseError } from './errors.ts';
import type { Tables } from './tables.ts';

/** The database interface of the operations in this folder. */
export interface Database {
  readonly kysely: Kysely<Tables>;
  readonly pool: Pool;
  /**
   * A dedicated connection, for several statements; the caller must release it.
   * @throws DatabaseUnavailableError
   */
  connect(): Promise<PoolClient>;
  /** Waits for running statements, then closes every connection. */
  close(): Promise<void>;
}

/** A connection string, or its parts; `password` may be a function that is called for each connection. */
type Connection = Pick<
  PoolConfig,
  'connectionString' | 'host' | 'port' | 'database' | 'user' | 'password' | 'ssl'
>;

export interface DatabaseOptions extends Connection {
  readonly maxConnections: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Default 45 s: a paused Aurora takes 15 s to wake, 30 s after a day. */
  readonly connectTimeoutMs?: number;
  /** How long a statement may wait for a lock; default a minute. */
  readonly lockTimeoutMs?: number;
  /** How long a statement may take; default 15 minutes, as long as a function has. A COPY takes as long as the file is read. */
  readonly statementTimeoutMs?: number;
}

/**
 * Server settings that end sessions whose client hangs or is lost. Without them a host that is lost before its COMMIT keeps
 * its rows locked, and all waiters blocked, for the two hours of the default TCP keepalive.
 */
function sessionSettings(lockTimeoutMs: number, statementTimeoutMs: number): string {
  const settings = {
    lock_timeout: lockTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 60_000,
    // Cancels a statement whose client has closed the connection.
    client_connection_check_interval: 10_000,
    // Detects within a minute that a client no longer responds.
    tcp_keepalives_idle: 30,
    tcp_keepalives_interval: 10,
    tcp_keepalives_count: 3,
  };
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

/** The options of a connection string: node-postgres would let them replace the options passed with it. */
function optionsOf(connectionString: string | undefined): string {
  const options =
    connectionString === undefined ? null : URL.parse(connectionString)?.searchParams.get('options');
  return options ?? '';
}

/** Opens a pool; connects only when the first statement runs. A broken connection fails only its own statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const { maxConnections, applicationName, connectTimeoutMs = 45_000, ...rest } = options;
  const { lockTimeoutMs = 60_000, statementTimeoutMs = 900_000, ...connection } = rest;
  const settings = `${sessionSettings(lockTimeoutMs, statementTimeoutMs)} ${optionsOf(connection.connectionString)}`;
  const pool = new Pool({
    ...withOptions(connection, settings),
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    max: maxConnections,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
    types: { getTypeParser },
  });
  // An unhandled error event would end the process. The running statement rejects separately.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));

  const connect = async () => {
    try {
      return await pool.connect();
    } catch (error) {
      throw asDatabaseError(error);
    }
  };
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: kyselyPool(pool, connect) }) });
  return { kysely, pool, connect, close: () => kysely.destroy() };
}

function withOptions(connection: Connection, settings: string): PoolConfig {
  if (connection.connectionString === undefined) return { ...connection, options: settings };
  const url = URL.parse(connection.connectionString);
  if (url === null) return { ...connection, options: settings };
  url.searchParams.set('options', settings.trim());
  return { ...connection, connectionString: url.href };
}

/** The pool as Kysely sees it: connection errors become DatabaseUnavailableError, and the connection is not reused. */
function kyselyPool(pool: Pool, connect: () => Promise<PoolClient>): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await connect();
      let failed = false;
      const query = async (text: string, parameters: readonly unknown[]) => {
        try {
          return await client.query(text, [...parameters]);
        } catch (cause) {
          const error = asDatabaseError(cause);
          failed ||= isTransientDatabaseError(error);
          throw error;
        }
      };
      // Kysely would also query through cursors, for streaming, which is not used here.
      return {
        query: query as unknown as PostgresPoolClient['query'],
        release: (destroy?: boolean) => client.release(destroy || failed),
      };
    },
  };
}

const numericArrayOid = 1231;
const textArrayOid: number = 1009;
const parseTextArray = types.getTypeParser(textArrayOid);
const asText = (value: string) => value;

/** pg would read dates as local midnights and numeric[] as floating point; both stay text here. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === types.builtins.DATE) return asText;
  if (oid === numericArrayOid) return parseTextArray;
  return types.getTypeParser(oid, format);
}
