import type { PoolConfig } from 'pg';
import * as z from 'zod';
import { type DatabaseRole, databaseRoles } from '../storage/roles.ts';
import { withSchema } from '../storage/schema-of-url.ts';

const connectionString = z
  .string()
  .refine((text) => /^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? ''), 'is not a postgres:// URL');

/** What the secret of an existing database holds: a connection string for all, or an object like this. */
const databaseSecret = z.strictObject({
  owner: connectionString,
  writer: connectionString,
  reader: connectionString,
  /** The schema to live in, for a database that has other tables of our names; made if it is not there. */
  schema: z.string().min(1).optional(),
  /** PEM of the authority that signed the server's certificate, if it is none that Node knows. */
  ca: z.string().optional(),
  /** `verified` unless said otherwise; `as-in-url` leaves it to the URL's sslmode, for a network one trusts. */
  tls: z.enum(['verified', 'as-in-url']).default('verified'),
});

/** The secret with the database's connection strings is not as it should be; the message says where, never what. */
export class InvalidDatabaseSecretError extends Error {
  readonly code = 'invalid-database-secret';
  constructor(problem: string) {
    super(`The secret with the database's connection strings is not valid: ${problem}. See infra/DEPLOY.md.`);
    this.name = 'InvalidDatabaseSecretError';
  }
}

export interface DatabaseAccess {
  /** How the role connects. */
  readonly connection: PoolConfig;
  /** As whom each role connects. */
  readonly users: Readonly<Record<DatabaseRole, string>>;
}

/**
 * Reads the secret's text for one role.
 * @throws InvalidDatabaseSecretError
 */
export function readDatabaseSecret(text: string, role: DatabaseRole): DatabaseAccess {
  const secret = databaseSecret.safeParse(asObject(text));
  if (!secret.success) throw new InvalidDatabaseSecretError(problemsOf(secret.error));
  const { schema, ca, tls, ...urls } = secret.data;
  const userOf = (of: DatabaseRole) => decodeURIComponent(new URL(urls[of]).username);
  const url = schema === undefined ? urls[role] : withSchema(urls[role], schema);
  return {
    connection:
      tls === 'as-in-url'
        ? { connectionString: url }
        : { connectionString: withoutTls(url), ssl: { rejectUnauthorized: true, ...(ca && { ca }) } },
    users: { owner: userOf('owner'), writer: userOf('writer'), reader: userOf('reader') },
  };
}

function asObject(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return Object.fromEntries(databaseRoles.map((role) => [role, text]));
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidDatabaseSecretError('it is neither a connection string nor JSON'); // the cause would quote it
  }
}

function problemsOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; ');
}

/** What a URL says of TLS would override the verified TLS asked for beside it. */
function withoutTls(text: string): string {
  const url = new URL(text);
  for (const name of [...url.searchParams.keys()]) if (/^ssl/i.test(name)) url.searchParams.delete(name);
  return url.href;
}
