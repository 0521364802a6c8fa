import { type QueryCreator, type RawBuilder, sql } from 'kysely';
import { dataTables, insertRepeatedContent } from '../data-tables.ts';
import type { Tables } from '../tables.ts';

/** Reads of one kind to insert: a source of rows with the columns of their table except the file's id. */
export interface ReadSource {
  readonly table: 'daily_reads' | 'monthly_reads';
  /** All columns, and those of the primary key. */
  readonly columns: readonly string[];
  readonly key: readonly string[];
  readonly rows: RawBuilder<unknown>;
}

/**
 * The reads of a file; empty for nearly every file. The following are parts of the statement that finishes a file. For a file
 * without reads they leave it unchanged, so that its planning time stays the same.
 */
export type GivenReads = readonly ReadSource[];

/** First and last usage date of a row of each table. */
const daysOf = {
  daily_reads: sql`usage_date, usage_date`,
  monthly_reads: sql`start_date, end_date - 1`,
} as const;

/** Adds the insert of the file's reads. */
export function withReads<Statement extends Pick<QueryCreator<Tables>, 'with'>>(
  statement: Statement,
  reads: GivenReads,
): Statement {
  // Each `with` adds a name to the statement's type; the names are not known before run time, so the type stays what it was.
  return reads.reduce(
    (extended, source) =>
      extended
        .with(
          (cte) => cte(`given_${source.table}`).notMaterialized(),
          () => sql<object>`(select * from ${source.rows})`,
        )
        .with(
          (cte) => cte(`kept_${source.table}`).notMaterialized(),
          () =>
            sql<object>`(select given.* from owned cross join ${given(source.table)} given where esiid <> all(owned.erased))`,
        )
        .with(`inserted_${source.table}`, () => insertReads(source))
        .with(`repeated_${source.table}`, () =>
          insertRepeatedContent(
            dataTables[source.table],
            sql.table(`kept_${source.table}`),
            sql.table(`inserted_${source.table}`),
          ),
        ) as unknown as Statement,
    statement,
  );
}

/** In key order, so that concurrent loads of the same reads lock them in the same order. */
function insertReads({ table, columns, key }: ReadSource): RawBuilder<object> {
  const list = sql.join(columns.map((column) => sql.ref(column)));
  return sql`(
    insert into ${sql.table(table)} (${list}, raw_file_id)
    select ${list}, owned.id
    from owned cross join ${sql.table(`kept_${table}`)}
    order by ${sql.raw(key.join(', ').replace('esiid', 'esiid collate "C"'))}
    on conflict do nothing
    returning ${sql.join(key.map((column) => sql.ref(column)))}
  )`;
}

function given(table: ReadSource['table']): RawBuilder<unknown> {
  return sql.table(`given_${table}`);
}

/** How many reads of a kind were new, as an expression. */
export function insertedReadCount(table: ReadSource['table'], reads: GivenReads): RawBuilder<string> {
  if (!reads.some((source) => source.table === table)) return sql`0`;
  return sql`(select count(*) from ${sql.table(`inserted_${table}`)})`;
}

/**
 * Which ESIIDs and days the file holds, by its blocks and reads, erased ESIIDs too. No rows under a lost lease, since nothing must be
 * written then.
 */
export function metersOf(reads: GivenReads): RawBuilder<{ esiid: string }> {
  const ofReads = reads.map(
    ({ table }) => sql` union all select esiid, channel, ${daysOf[table]} from ${given(table)}`,
  );
  return sql`(
    select owned.id as raw_file_id, esiid collate "C" as esiid, channel,
      min(first_day) as first_usage_date, max(last_day) as last_usage_date
    from owned cross join (
      select esiid, channel, usage_date, usage_date from given${sql.join(ofReads, sql``)}
    ) held (esiid, channel, first_day, last_day)
    group by 1, 2, 3
  )`;
}

/** A replay that finds everything already stored changes no row. */
export function insertMeters(reads: GivenReads): RawBuilder<object> {
  const hasNewReads = reads.map(
    ({ table }) => sql` or exists (select from ${sql.table(`inserted_${table}`)})`,
  );
  return sql`(
    insert into raw_file_meters as known (raw_file_id, esiid, channel, first_usage_date, last_usage_date)
    select raw_file_id, esiid, channel, first_usage_date, last_usage_date
    from meter
    on conflict (raw_file_id, esiid, channel) do update set
      first_usage_date = least(known.first_usage_date, excluded.first_usage_date),
      last_usage_date = greatest(known.last_usage_date, excluded.last_usage_date),
      changed_xid = excluded.changed_xid
    where exists (select from inserted)${sql.join(hasNewReads, sql``)}
  )`;
}
