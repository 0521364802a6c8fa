import { sql } from 'kysely';
import * as z from 'zod';
import { optionalEnvironment, requireEnvironment } from '../environment.ts';
import { type Database, type DatabaseOptions, openDatabase } from '../storage/database.ts';
import { type DatabaseRole, databaseRoles } from '../storage/roles.ts';
import { auroraConnection } from './aurora-connection.ts';
import { auroraReaders, auroraUserOf } from './aurora-users.ts';
import { readDatabaseSecret } from './database-secret.ts';
import { maxConnections } from './max-connections.ts';
import { secretText } from './secrets.ts';

/** Aurora's endpoint, or the text of the secret of an existing database. */
interface Source {
  readonly kind: 'endpoint' | 'secret';
  readonly text: string;
}

type Timeouts = Pick<DatabaseOptions, 'lockTimeoutMs' | 'statementTimeoutMs'>;

/** Timeouts: API requests end after 30 seconds, and a migration must not make others wait behind it for a lock. */
const timeoutsOfRole = {
  owner: { lockTimeoutMs: 5_000 },
  writer: {},
  reader: { lockTimeoutMs: 10_000, statementTimeoutMs: 28_000 },
} as const satisfies Record<DatabaseRole, Timeouts>;

let open: { readonly source: Source; readonly database: Database } | undefined;

/**
 * The function's database in the function's role: opened once per execution environment, and again when its secret changes.
 * @param timeouts instead of the role's
 * @throws MissingEnvironmentError, EmptySecretError, InvalidDatabaseSecretError
 */
export async function functionDatabase(timeouts: Timeouts = {}): Promise<Database> {
  const source = await findSource();
  if (open?.source.text !== source.text) {
    const database = openAs(roleOfFunction(), source, maxConnections, timeouts);
    await open?.database.close();
    open = { source, database };
  }
  return open.database;
}

/**
 * The users to grant each role's rights to. In our own Aurora these are known. In an existing database, each connection
 * string logs in to query its user: through a pooler the user in the URL has another name (`role.project`) than in Postgres.
 * That also verifies, before anything that needs it is deployed, that each of them can log in.
 * @throws DatabaseUnavailableError, and pg's DatabaseError if a user may not log in
 */
export async function functionDatabaseGrantees(): Promise<{
  readonly writer: string;
  readonly reader: string;
}> {
  const source = await findSource();
  if (source.kind === 'endpoint') return { writer: auroraUserOf('writer'), reader: auroraReaders };
  return { writer: await currentUser('writer', source), reader: await currentUser('reader', source) };
}

async function currentUser(role: DatabaseRole, source: Source): Promise<string> {
  const database = openAs(role, source, 1);
  try {
    const { rows } = await sql<{ name: string }>`select current_user as name`.execute(database.kysely);
    return rows[0]?.name ?? '';
  } finally {
    await database.close();
  }
}

function openAs(
  role: DatabaseRole,
  { kind, text }: Source,
  connections: number,
  timeouts: Timeouts = {},
): Database {
  const connection = kind === 'endpoint' ? auroraConnection(text, role) : readDatabaseSecret(text, role);
  const connectTimeoutMs = optionalEnvironment('databaseConnectTimeoutMs');
  return openDatabase({
    ...connection,
    ...timeoutsOfRole[role],
    ...timeouts,
    maxConnections: connections,
    applicationName: process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'smt-ingest',
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs: Number(connectTimeoutMs) }),
  });
}

function roleOfFunction(): DatabaseRole {
  return z.enum(databaseRoles).parse(requireEnvironment('databaseRole').databaseRole);
}

async function findSource(): Promise<Source> {
  const endpoint = optionalEnvironment('databaseEndpoint');
  if (endpoint !== undefined) return { kind: 'endpoint', text: endpoint };
  const { databaseSecretArn } = requireEnvironment('databaseSecretArn');
  return { kind: 'secret', text: await secretText(databaseSecretArn) };
}
