import type { PoolConfig } from 'pg';
import * as z from 'zod';
import { type DatabaseRole, databaseRoles } from '../storage/roles.ts';
import { withSchema } from '../storage/schema-of-url.ts';
import { rdsCertificates } from './rds-certificates.ts';

const connectionString = z
  .string()
  .refine((text) => /^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? ''), 'is not a postgres:// URL');

/** The secret of an existing database: an object like this, or one connection string for all roles. */
const databaseSecret = z.strictObject({
  owner: connectionString,
  writer: connectionString,
  reader: connectionString,
  /** The schema to use, for a database that has other tables of the same names; created if it does not exist. */
  schema: z.string().min(1).optional(),
  /** PEM of the authority that signed the server's certificate, unless Node or RDS has it. */
  ca: z.string().optional(),
  /** `verified` by default; `as-in-url` follows the URL's sslmode, for a trusted network. */
  tls: z.enum(['verified', 'as-in-url']).default('verified'),
});

/** The secret with the connection strings is invalid; the message names the position, and never quotes the secret. */
export class InvalidDatabaseSecretError extends Error {
  readonly code = 'invalid-database-secret';
  constructor(problem: string) {
    super(`The secret with the database's connection strings is not valid: ${problem}. See infra/DEPLOY.md.`);
    this.name = 'InvalidDatabaseSecretError';
  }
}

/** Connection options for pg's Pool. */
export type DatabaseConnection = PoolConfig;

/**
 * Reads one role's connection from the text of the secret.
 * @throws InvalidDatabaseSecretError
 */
export function readDatabaseSecret(text: string, role: DatabaseRole): DatabaseConnection {
  const secret = databaseSecret.safeParse(asObject(text));
  if (!secret.success) throw new InvalidDatabaseSecretError(problemsOf(secret.error));
  const { schema, ca: given, tls, ...urls } = secret.data;
  const url = schema === undefined ? urls[role] : withSchema(urls[role], schema);
  if (tls === 'as-in-url') return { connectionString: url };
  const ca = given ?? rdsCertificates(new URL(url).hostname);
  const ssl = { rejectUnauthorized: true, ...(ca && { ca: typeof ca === 'string' ? ca : [...ca] }) };
  return { connectionString: withoutTls(url), ssl };
}

function asObject(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return Object.fromEntries(databaseRoles.map((role) => [role, text]));
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidDatabaseSecretError('it is neither a connection string nor JSON'); // no cause: it would quote the text
  }
}

function problemsOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; ');
}

/** pg would let the URL's TLS parameters override the verified TLS. */
function withoutTls(text: string): string {
  const url = new URL(text);
  for (const name of [...url.searchParams.keys()]) if (/^ssl/i.test(name)) url.searchParams.delete(name);
  return url.href;
}
