import { type Kysely, sql } from 'kysely';

/**
 * The table of raw files is raw_files, so that raw_smt_files can be a view for the main app with the
 * columns and types of its model. Indexes and constraints follow; renaming a constraint renames its index.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`alter table raw_smt_files rename to raw_files`.execute(database);
  await sql`alter sequence raw_smt_files_id_seq rename to raw_files_id_seq`.execute(database);
  await sql`
    do $$
    declare old_name text;
    begin
      for old_name in
        select conname from pg_constraint where conrelid = 'raw_files'::regclass and conname like 'raw\_smt\_files%'
      loop
        execute format('alter table raw_files rename constraint %I to %I',
          old_name, replace(old_name, 'raw_smt_files', 'raw_files'));
      end loop;
      for old_name in
        select relname from pg_index join pg_class on pg_class.oid = indexrelid
        where indrelid = 'raw_files'::regclass and relname like 'raw\_smt\_files%'
      loop
        execute format('alter index %I rename to %I', old_name, replace(old_name, 'raw_smt_files', 'raw_files'));
      end loop;
    end $$`.execute(database);
}
