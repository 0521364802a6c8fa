import { randomBytes } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../shared/storage/database.ts';
import { type DatabaseRole, databaseRoles } from '../../shared/storage/roles.ts';
import { withSchema } from '../../shared/storage/schema-of-url.ts';
import { createFreshDatabase } from './database.ts';
import { runAdminStatement } from './database-url.ts';

const password = 'a password';

export interface DatabaseWithUsers {
  readonly users: Readonly<Record<DatabaseRole, string>>;
  /** Connection string of a role's user. */
  urlOf(role: DatabaseRole): string;
  /** Opens a pool as a role, in a schema of its own if one is named; closed after the test. */
  open(role: DatabaseRole, schema?: string): Database;
  /** Runs a statement as the server's administrator. */
  asAdmin(statement: string): Promise<void>;
}

/** An empty database with a user for each role, who can log in and nothing else but for the owner; dropped after the test. */
export async function databaseWithUsers(): Promise<DatabaseWithUsers> {
  const fresh = await createFreshDatabase('empty');
  const suffix = randomBytes(4).toString('hex');
  const users = { owner: `owner_${suffix}`, writer: `writer_${suffix}`, reader: `reader_${suffix}` };
  const asAdmin = (statement: string) => runAdminStatement(fresh.connectionString, statement);
  for (const user of Object.values(users)) await asAdmin(`create role ${user} login password '${password}'`);
  await asAdmin(`grant usage, create on schema public to ${users.owner}`);
  await asAdmin(
    `do $$ begin execute format('grant create on database %I to ${users.owner}', current_database()); end $$`,
  );

  const opened: Database[] = [];
  onTestFinished(async () => {
    await Promise.all(opened.map((database) => database.close()));
    await asAdmin(`drop owned by ${Object.values(users).join(', ')} cascade`);
    await fresh.drop();
    for (const role of databaseRoles) await runAdminStatement(inject('adminUrl'), `drop role ${users[role]}`);
  });
  const urlOf = (role: DatabaseRole) => {
    const url = new URL(fresh.connectionString);
    url.username = users[role];
    url.password = password;
    return url.href;
  };
  return {
    users,
    urlOf,
    asAdmin,
    open(role, schema) {
      const connectionString = schema === undefined ? urlOf(role) : withSchema(urlOf(role), schema);
      const database = openDatabase({ connectionString, maxConnections: 2, applicationName: 'test' });
      opened.push(database);
      return database;
    },
  };
}
