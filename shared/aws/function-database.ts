import * as z from 'zod';
import { optionalEnvironment, requireEnvironment } from '../environment.ts';
import { type Database, openDatabase } from '../storage/database.ts';
import { databaseRoles } from '../storage/roles.ts';
import { auroraAccess } from './aurora-access.ts';
import { type DatabaseAccess, readDatabaseSecret } from './database-secret.ts';
import { maxConnections } from './max-connections.ts';
import { secretText } from './secrets.ts';

let open: { readonly source: string; readonly database: Database } | undefined;

/**
 * The function's database in the function's role, opened once per execution environment, and anew when its secret changes.
 * @throws MissingEnvironmentError, EmptySecretError, InvalidDatabaseSecretError
 */
export async function functionDatabase(): Promise<Database> {
  const source = await connectionSource();
  if (open?.source !== source) {
    const applicationName = process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'smt-ingest';
    const { connection } = accessFrom(source);
    const database = openDatabase({ ...connection, maxConnections, applicationName });
    await open?.database.close();
    open = { source, database };
  }
  return open.database;
}

/** As whom each role connects to the function's database. */
export async function functionDatabaseUsers(): Promise<DatabaseAccess['users']> {
  return accessFrom(await connectionSource()).users;
}

/** An endpoint of ours, or else the text of the secret of an existing database. */
async function connectionSource(): Promise<string> {
  const endpoint = optionalEnvironment('databaseEndpoint');
  if (endpoint !== undefined) return endpoint;
  const { databaseSecretArn } = requireEnvironment('databaseSecretArn');
  return secretText(databaseSecretArn);
}

function accessFrom(source: string): DatabaseAccess {
  const { databaseRole } = requireEnvironment('databaseRole');
  const role = z.enum(databaseRoles).parse(databaseRole);
  const isEndpoint = optionalEnvironment('databaseEndpoint') !== undefined;
  return isEndpoint ? auroraAccess(source, role) : readDatabaseSecret(source, role);
}
