/**
 * The statement that makes users who log in with IAM tokens, as far as they are missing; for an administrator of an Aurora
 * or RDS Postgres. One statement, since the Data API takes one at a time. The owner may make its tables; what the others
 * may do, the migration grants.
 * @param owner, others names of our own choice, of letters and underscores
 */
export function createUsersStatement(owner: string, others: readonly string[]): string {
  const create = [owner, ...others].map(
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
    end $$`;
}
