import { sql } from 'kysely';
import type { Database } from '../../shared/storage/database.ts';
import { esiidOf } from './smt-file.ts';

/**
 * Stores a day of some meters as a load inserts it, made in Postgres alone. The meters are those of {@link esiidOf}, by number.
 * @param table interval_blocks, or one with its columns
 */
export async function storeDay(
  { kysely }: Database,
  table: string,
  date: string,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<void> {
  await sql`
    insert into ${sql.table(table)} (esiid, channel, usage_date, revised_at, content, raw_file_id, wh)
    select left(${esiidOf(0)}, 8) || lpad(meter::text, 9, '0'), 'consumption', ${date}::date,
      ${date}::date + interval '30 hours', md5(meter || ${date})::uuid, 0, array_fill((meter % 900)::smallint, array[96])
    from generate_series(${first}::integer, ${last}::integer) meter
    on conflict do nothing`.execute(kysely);
}
