import { type RawBuilder, sql } from 'kysely';

/**
 * The tables of file contents, which loads insert into and removals delete from. Each is insert only and has the columns esiid,
 * channel, revised_at, content, raw_file_id (the first file that contained the row) and a date. To add such a table, add
 * it here, and its {@link insertRepeatedContent} to the finishing statement.
 */
export const dataTables = {
  interval_blocks: { name: 'interval_blocks', date: 'usage_date', content: (row) => `${row}.content` },
  daily_reads: { name: 'daily_reads', date: 'usage_date', content: (row) => `${row}.content` },
  // The hash of a monthly read does not cover the end of its period.
  monthly_reads: {
    name: 'monthly_reads',
    date: 'start_date',
    content: (row) => `md5(${row}.content::text || (${row}.end_date - ${row}.start_date))::uuid`,
  },
} as const satisfies Record<string, DataTable>;

export interface DataTable {
  readonly name: string;
  /** The column of the day that a row is about, or begins with. */
  readonly date: string;
  /** What, with ESIID, channel, date and revision, identifies a row of this alias: an expression of type uuid. */
  readonly content: (row: string) => string;
}

/** Arbitrary: the key of the lock that smt_begin_load() takes shared and removals take exclusively. */
export const removalLock = 7_680_426;

/**
 * The statement that records which rows of a load already exist from other files. Part of the finishing statement:
 * it reads its `owned`, and the CTEs of the rows to load and of the rows inserted, both with the columns of the key.
 *
 * For a load without repeated rows, the usual case, it compares only two counts. A function looks up the owner of a row: the
 * planner cannot turn it into a join over the whole table, and Citus takes it where it rejects a correlated subquery.
 */
export function insertRepeatedContent(
  { name, date, content }: DataTable,
  rows: RawBuilder<unknown>,
  inserted: RawBuilder<unknown>,
): RawBuilder<object> {
  const keyOf = (row: string) =>
    sql.raw(
      `${row}.esiid collate "C" as esiid, ${row}.channel, ${row}.${date} as date, ${row}.revised_at, ${content(row)} as content`,
    );
  return sql`(
    insert into repeated_content as known (esiid, channel, data_table, raw_file_id, dates, revisions, contents)
    select esiid, channel, ${sql.lit(name)}, raw_file_id, array_agg(date), array_agg(revised_at), array_agg(content)
    from (
      select found.*, owned.id as raw_file_id
      from owned cross join (
        select ${keyOf('loaded')} from ${rows} loaded except select ${keyOf('fresh')} from ${inserted} fresh offset 0
      ) found
      where (select count(*) from ${rows}) > (select count(*) from ${inserted})
    ) repeated
    where raw_file_id is distinct from
      smt_holder_of(${sql.lit(name)}, esiid, channel, date, revised_at, content)
    group by esiid, channel, raw_file_id
    on conflict (esiid, channel, data_table, raw_file_id) do update
      set dates = excluded.dates, revisions = excluded.revisions, contents = excluded.contents
  )`;
}
