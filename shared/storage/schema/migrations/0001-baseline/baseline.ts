import { type Kysely, sql } from 'kysely';
import { comments } from './comments.ts';
import { dataTables } from './data-tables.ts';
import { derivedTables } from './derived-tables.ts';
import { type Distribution, distributedTables } from './distribution.ts';
import { citusIntervalViews, intervalViews } from './interval-views.ts';
import { mainAppViews } from './main-app-views.ts';
import { rawFileTables } from './raw-file-tables.ts';
import { citusReadViews, readViews } from './read-views.ts';
import { removalTables } from './removal-tables.ts';

/** The schema of the first release. */
export async function baseline(database: Kysely<unknown>, distribution: Distribution): Promise<void> {
  const statements = [
    ...rawFileTables,
    ...dataTables,
    ...derivedTables,
    ...removalTables,
    ...(distribution === 'citus' ? distributedTables : []),
    ...viewsFor(distribution),
    ...mainAppViews,
    ...comments,
  ];
  for (const statement of statements) await sql.raw(statement).execute(database);
}

/** The statements that create the views of intervals and reads; they are equal in what they return. */
export function viewsFor(distribution: Distribution): readonly string[] {
  const views = { ...intervalViews, ...readViews };
  return Object.values(
    distribution === 'citus' ? { ...views, ...citusIntervalViews, ...citusReadViews } : views,
  );
}
