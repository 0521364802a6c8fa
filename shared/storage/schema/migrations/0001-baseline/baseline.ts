import { type Kysely, sql } from 'kysely';
import { comments } from './comments.ts';
import { dataTables } from './data-tables.ts';
import { derivedTables } from './derived-tables.ts';
import { intervalViews } from './interval-views.ts';
import { mainAppViews } from './main-app-views.ts';
import { rawFileTables } from './raw-file-tables.ts';
import { readViews } from './read-views.ts';
import { removalTables } from './removal-tables.ts';

/** The schema of the first release. */
export async function baseline(database: Kysely<unknown>): Promise<void> {
  const statements = [
    ...rawFileTables,
    ...dataTables,
    ...derivedTables,
    ...removalTables,
    ...intervalViews,
    ...readViews,
    ...mainAppViews,
    ...comments,
  ];
  for (const statement of statements) await sql.raw(statement).execute(database);
}
