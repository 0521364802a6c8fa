import { type Kysely, sql } from 'kysely';

/**
 * The content of the files: interval_blocks, and the views that read it as intervals.
 *
 * ESIIDs have the C collation: they are digits, and a locale's comparison makes every index descent dearer.
 * `channel` is an enum: 4 bytes in heap and index where text takes 12.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`create type smt_channel as enum ('consumption', 'generation')`.execute(database);
  // A day has as many slots as quarter hours pass from its midnight in Texas to the next: 92, 96 or 100.
  await sql`
    create table interval_blocks (
      esiid text collate "C" not null check (esiid ~ '^([0-9]{17}|[0-9]{22})$'),
      channel smt_channel not null,
      usage_date date not null,
      revised_at timestamptz not null,
      content uuid not null,
      raw_file_id bigint not null references raw_smt_files,
      meter text,
      kwh numeric(10, 5)[] not null,
      estimated varbit,
      primary key (esiid, channel, usage_date, revised_at, content),
      constraint interval_blocks_slots check (
        cardinality(kwh) = extract(epoch from
          timezone('America/Chicago', (usage_date + 1)::timestamp) - timezone('America/Chicago', usage_date::timestamp)
        ) / 900
        and length(estimated) = cardinality(kwh)
      )
    )`.execute(database);

  // A block's values are unnested beside the blocks that could beat them, which are read once a block; OFFSET 0 keeps the
  // planner from flattening that. A condition on esiid or usage_date reaches the primary key; one on ts alone does not.
  // Tried over 383,000 blocks (1,000 ESIID-years, 5 % of days revised), summing one ESIID's year: this 15 ms; without the
  // two implied lines on revised_at and content, so that a block meets itself, 42 ms. Rejected: DISTINCT ON sorted to disk
  // and lost joins; a flat NOT EXISTS read other ESIIDs' blocks.
  await sql`
    create view smt_intervals as
    select block.esiid, block.meter, block.channel, slot.ts, slot.kwh, slot.estimated,
      block.usage_date, block.revised_at, block.raw_file_id
    from interval_blocks block
    cross join lateral (
      select
        timezone('America/Chicago', block.usage_date::timestamp) + (number - 1) * interval '15 minutes' as ts,
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
            and other.revised_at >= block.revised_at
            and (other.revised_at, other.content) <> (block.revised_at, block.content)
            and other.kwh[number] is not null
            and (other.revised_at, coalesce(get_bit(other.estimated, number::integer - 1), 0) = 0,
                 other.kwh[number], other.content)
              > (block.revised_at, coalesce(get_bit(block.estimated, number::integer - 1), 0) = 0,
                 value.kwh, block.content)
        )
      offset 0
    ) slot`.execute(database);

  await sql`
    create view "SmtInterval" as
    select
      interval.esiid || ':' || extract(epoch from interval.ts)::bigint as id,
      interval.esiid, interval.meter, interval.ts, interval.kwh, interval.estimated as filled,
      file.source, file.created_at as "createdAt", file.updated_at as "updatedAt"
    from smt_intervals interval
    left join raw_smt_files file on file.id = interval.raw_file_id
    where interval.channel = 'consumption'`.execute(database);
}
