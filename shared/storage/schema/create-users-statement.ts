import type { DatabaseRole } from '../roles.ts';

/**
 * The statement that creates users who log in with IAM tokens, for the administrator of an Aurora or RDS Postgres. One statement,
 * since the Data API runs one at a time. Does nothing for existing users. The migration grants their rights, except the
 * right to create tables, which the administrator has to grant.
 *
 * The administrator must not become a member of these users: RDS's pg_hba.conf sends every member of `rds_iam`, direct or not, to
 * IAM authentication, where the administrator's password is not valid; it could then neither log in nor undo it. Two things
 * would make it a member. One is `grant reader to current_user`, so what both may read is granted to a group that cannot log in and
 * is no member of `rds_iam`. The other is CREATE ROLE itself: since PostgreSQL 16 a non-superuser role becomes a member of
 * each role that it creates, and cannot revoke that. So a temporary role creates them, and is dropped afterwards.
 * If the administrator is a member anyway, the statement fails and is rolled back.
 * @param users names of letters and underscores
 * @param readers the group
 */
export function createUsersStatement(users: Readonly<Record<DatabaseRole, string>>, readers: string): string {
  const names = Object.values(users);
  const creator = `${users.owner}_creator`;
  const quoted = names.map((name) => `'${name}'`).join(', ');
  return `
    do $$
    declare
      administrator constant text := current_user;
      could_use_iam constant boolean := pg_has_role(administrator, 'rds_iam', 'member');
      name text;
    begin
      if not exists (select from pg_roles where rolname = '${readers}') then
        create role ${readers} nologin;
      end if;
      if (select count(*) from pg_roles where rolname in (${quoted})) < ${names.length} then
        create role ${creator} createrole nologin;
        grant ${creator} to current_user;
        foreach name in array array[${quoted}] loop
          continue when exists (select from pg_roles where rolname = name);
          set local role ${creator};
          execute format('create role %I login', name);
          execute format('set local role %I', administrator);
        end loop;
        drop role ${creator};
      end if;
      foreach name in array array[${quoted}] loop
        if not pg_has_role(name, 'rds_iam', 'member') then
          execute format('grant rds_iam to %I', name);
        end if;
        if pg_has_role(administrator, name, 'member') then
          raise exception 'the administrator % would be a member of %, and RDS would no longer accept its password', administrator, name;
        end if;
      end loop;
      if not pg_has_role('${users.reader}', '${readers}', 'member') then
        grant ${readers} to ${users.reader};
      end if;
      if not pg_has_role(administrator, '${readers}', 'usage') then
        grant ${readers} to current_user;
      end if;
      if not has_schema_privilege('${users.owner}', 'public', 'create') then
        grant usage, create on schema public to ${users.owner};
      end if;
      if pg_has_role(administrator, 'rds_iam', 'member') and not could_use_iam then
        raise exception 'the administrator % would be a member of rds_iam, and RDS would no longer accept its password', administrator;
      end if;
    end $$`;
}
