/**
 * The content of the files: intervals in blocks, and daily and monthly reads. Insert only and keyed by content: loading what
 * is there changes nothing.
 *
 * ESIIDs have the C collation: they are digits, and a locale's comparison makes every index descent dearer. `channel` is an enum:
 * 4 bytes in heap and index where text takes 12.
 *
 * raw_file_id has no foreign key. No statement deletes a raw file, and nobody but the owner of the schema could; rows are inserted
 * under a locked raw file, and a withdrawal passes them on to another. So it would protect from nothing that happens, cost a
 * lookup and a lock for each row, and keep the tables from being distributed to other servers than raw_files is on.
 */
export const dataTables: readonly string[] = [
  "create type smt_channel as enum ('consumption', 'generation')",

  // A day has as many slots as quarter hours pass from its midnight in Texas to the next: 92, 96 or 100. loaded_at is the start
  // of the statement that adds the block, which is the last of its transaction: what a query at that time saw differs by no
  // more than that statement's run. The load time of its file would not do, since a replay can add blocks later.
  // wh holds nearly every block: whole watt-hours, as SMT reports them, of a meter that takes less than 131 kW. kwh holds the
  // blocks with any other value. Bytes of a meter-day, key included, and CPU time of a year from smt_intervals summed: this way
  // 405 and 11 ms; integer[] 624 and the same; numeric[] alone 1,244 and 9 ms. As rows all three take 44 ms.
  `create table interval_blocks (
    esiid text collate "C" not null check (esiid ~ '^([0-9]{17}|[0-9]{22})$'),
    channel smt_channel not null,
    usage_date date not null,
    revised_at timestamptz not null,
    content uuid not null,
    raw_file_id bigint not null,
    loaded_at timestamptz not null default statement_timestamp(),
    meter text,
    wh smallint[],
    kwh numeric(10, 5)[],
    estimated varbit,
    primary key (esiid, channel, usage_date, revised_at, content),
    constraint interval_blocks_values check (num_nonnulls(wh, kwh) = 1),
    constraint interval_blocks_slots check (
      coalesce(cardinality(wh), cardinality(kwh)) = extract(epoch from
        timezone('America/Chicago', (usage_date + 1)::timestamp) - timezone('America/Chicago', usage_date::timestamp)
      ) / 900
      and length(estimated) = coalesce(cardinality(wh), cardinality(kwh))
    )
  )`,

  // The keys of reads hold kwh before the content, so that their order is that of revisions, (revised_at, kwh, content), and
  // the current read of a day is the last in the index. usage_date and raw_file_id have indexes of their own, small ones,
  // since many rows share a value: the first finds the disagreements of some days for all meters, without reading any other day.
  `create table daily_reads (
    esiid text collate "C" not null check (esiid ~ '^([0-9]{17}|[0-9]{22})$'),
    channel smt_channel not null,
    usage_date date not null,
    revised_at timestamptz not null,
    kwh numeric(15, 5) not null,
    content uuid not null,
    raw_file_id bigint not null,
    start_reading numeric(15, 5),
    end_reading numeric(15, 5),
    primary key (esiid, channel, usage_date, revised_at, kwh, content)
  )`,
  'create index daily_reads_usage_date on daily_reads (usage_date)',
  'create index daily_reads_raw_file on daily_reads (raw_file_id)',
  `create table monthly_reads (
    esiid text collate "C" not null check (esiid ~ '^([0-9]{17}|[0-9]{22})$'),
    channel smt_channel not null,
    start_date date not null,
    end_date date not null check (end_date > start_date),
    revised_at timestamptz not null,
    kwh numeric(15, 5) not null,
    content uuid not null,
    raw_file_id bigint not null,
    metered_kw numeric(15, 5),
    metered_kva numeric(15, 5),
    billed_kw numeric(15, 5),
    billed_kva numeric(15, 5),
    primary key (esiid, channel, start_date, end_date, revised_at, kwh, content)
  )`,
  'create index monthly_reads_raw_file on monthly_reads (raw_file_id)',
];
