import { requireEnvironment } from '../environment.ts';
import { type Database, openDatabase } from '../storage/database.ts';
import { secretText } from './secrets.ts';

/** Workers at once are bounded, so two connections each bound what the database sees. */
const maxConnections = 2;

let open: { readonly connectionString: string; readonly database: Database } | undefined;

/** The function's database, opened once per execution environment, and anew when its secret changes. */
export async function functionDatabase(): Promise<Database> {
  const { databaseSecretArn } = requireEnvironment('databaseSecretArn');
  const connectionString = await secretText(databaseSecretArn);
  if (open?.connectionString !== connectionString) {
    await open?.database.close();
    const applicationName = process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'smt-ingest';
    open = {
      connectionString,
      database: openDatabase({ connectionString, maxConnections, applicationName }),
    };
  }
  return open.database;
}
