import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** When the schema was created: when the stack was deployed first. */
export async function readSchemaCreatedAt({ kysely }: Database): Promise<Date> {
  const { rows } = await sql<{ createdAt: Date }>`
    select min(timestamp)::timestamptz as "createdAt" from smt_ingest_migrations`.execute(kysely);
  return rows[0]?.createdAt ?? new Date(0);
}
