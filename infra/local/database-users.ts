import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import type { DatabaseRole } from '../../shared/storage/roles.ts';

/** Connection strings by role, as the secret of an existing database has them. */
export type DatabaseUrls = Readonly<Record<DatabaseRole, string>>;

/**
 * Makes the users of an embedded Postgres that functions connect as, with the administrator's password, so that here as
 * on AWS a function can do what the migration has granted, and no more.
 */
export async function createDatabaseUsers(adminUrl: string): Promise<DatabaseUrls> {
  const urlOf = (user: string) => Object.assign(new URL(adminUrl), { username: user }).href;
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    for (const user of ['smt_writer', 'smt_reader']) {
      const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [user]);
      const password = escapeLiteral(decodeURIComponent(new URL(adminUrl).password));
      if (rowCount === 0)
        await client.query(`CREATE ROLE ${escapeIdentifier(user)} LOGIN PASSWORD ${password}`);
    }
  } finally {
    await client.end();
  }
  return { owner: adminUrl, writer: urlOf('smt_writer'), reader: urlOf('smt_reader') };
}
