import { type Kysely, sql } from 'kysely';

/**
 * When each block was loaded, so that usage can be read as of an earlier time.
 *
 * loaded_at is the start of the statement that adds the block, which is the last of its transaction: what a query at that
 * time saw differs by no more than that statement's run. Eight bytes for each block; the load time of its file is not sufficient, since a
 * replay can add blocks later.
 *
 * smt_intervals_as_of is smt_intervals over the blocks loaded by then. It is one SQL statement, stable and not strict, so
 * that the planner inlines it: conditions on esiid and usage_date reach the primary key as in the view. For that its columns
 * are the view's, collation included.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`
    alter table interval_blocks
      add column loaded_at timestamptz not null default statement_timestamp()`.execute(database);
  await sql`
    create function smt_intervals_as_of(as_of timestamptz)
    returns setof smt_intervals
    language sql stable as $$
      select block.esiid, block.meter, block.channel, slot.ts, slot.kwh, slot.estimated,
        block.usage_date, block.revised_at, block.raw_file_id
      from interval_blocks block
      cross join lateral (
        select timezone('America/Chicago', block.usage_date::timestamp) as starts_at
        offset 0
      ) day
      cross join lateral (
        select
          day.starts_at + (number - 1) * interval '15 minutes' as ts,
          value.kwh,
          coalesce(get_bit(block.estimated, number::integer - 1), 0) = 1 as estimated
        from unnest(block.kwh) with ordinality as value (kwh, number)
        where value.kwh is not null
          and not exists (
            select
            from interval_blocks other
            where other.esiid = block.esiid
              and other.channel = block.channel
              and other.usage_date = block.usage_date
              and other.loaded_at <= as_of
              and other.revised_at >= block.revised_at
              and (other.revised_at, other.content) <> (block.revised_at, block.content)
              and other.kwh[number] is not null
              and (other.revised_at, coalesce(get_bit(other.estimated, number::integer - 1), 0) = 0,
                   other.kwh[number], other.content)
                > (block.revised_at, coalesce(get_bit(block.estimated, number::integer - 1), 0) = 0,
                   value.kwh, block.content)
          )
        offset 0
      ) slot
      where block.loaded_at <= as_of
    $$`.execute(database);
}
