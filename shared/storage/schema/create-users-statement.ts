import type { DatabaseRole } from '../roles.ts';

/**
 * The statement that makes users who log in with IAM tokens, as far as they are missing; for an administrator of an Aurora
 * or RDS Postgres. One statement, since the Data API takes one at a time. The owner may make its tables; what the others
 * may do, the migration grants.
 * @param users names of our own choice, of letters and underscores; the administrator may read what the reader may
 */
export function createUsersStatement(users: Readonly<Record<DatabaseRole, string>>): string {
  const { owner, writer, reader } = users;
  const create = [owner, writer, reader].map(
    (user) => `
      if not exists (select from pg_roles where rolname = '${user}') then
        create role ${user} login;
      end if;
      grant rds_iam to ${user};`,
  );
  return `
    do $$ begin
      ${create.join('')}
      grant usage, create on schema public to ${owner};
      grant ${reader} to current_user;
    end $$`;
}
