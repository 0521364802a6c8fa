/** What loads record about the content of files besides the content itself: raw_file_meters, repeated_content, day_disagreements. */
export const derivedTables: readonly string[] = [
  // Which ESIIDs and days a raw file holds: one row per file, ESIID and channel, written by the statement that finishes the file.
  // It serves three readers:
  // - by file (primary key): the ESIIDs of a file, and where its blocks are in interval_blocks, which has no index by file;
  // - by ESIID (second index): the files that hold an ESIID;
  // - by change (third index): what changed, in an order in which nothing that commits late is skipped. changed_xid is the
  //   transaction that last added or removed intervals of this file, ESIID and channel. A reader takes rows in the order
  //   (changed_xid, raw_file_id, esiid, channel), up to but excluding pg_snapshot_xmin(pg_current_snapshot()): every transaction
  //   before that one has ended, so no row can appear behind the reader. A replay that adds nothing leaves changed_xid
  //   unchanged. Withdrawing a file and erasing an ESIID advance it, so the days can be read again; the row stays.
  // First and last date cover everything that the file has loaded for the ESIID and channel, over all attempts.
  // There is no foreign key: the finishing statement holds the file's row locked, and the check would cost a lookup per row.
  // A restore from a logical dump restarts transaction numbers: set changed_xid to pg_current_xact_id() in all rows then,
  // and have readers start over.
  `create table raw_file_meters (
    raw_file_id bigint not null,
    changed_xid xid8 not null default pg_current_xact_id(),
    first_usage_date date not null,
    last_usage_date date not null,
    channel smt_channel not null,
    esiid text collate "C" not null,
    primary key (raw_file_id, esiid, channel)
  )`,
  'create index raw_file_meters_esiid on raw_file_meters (esiid)',
  'create index raw_file_meters_changes on raw_file_meters (changed_xid, raw_file_id)',

  // A row of a data table names the first file that contained it. repeated_content names the others: per file, ESIID and channel
  // the keys of the rows that were there when the file was loaded. So a withdrawal knows which of its rows stay because another
  // file holds them, without reading any file again; the others may have expired in S3 by then. It has rows only for files
  // that overlap, 28 bytes a block where a row per block would take 180. Its dates, revisions and contents are parallel arrays;
  // data_table is the table they are keys of.
  `create table repeated_content (
    esiid text collate "C" not null,
    channel smt_channel not null,
    data_table text not null,
    raw_file_id bigint not null,
    dates date[] not null,
    revisions timestamptz[] not null,
    contents uuid[] not null,
    primary key (esiid, channel, data_table, raw_file_id)
  )`,

  // Days whose audit did not agree when a file was last audited: what the sweep counts and the alarms come from, at a cost of the
  // disagreements and not of all days. It is only an index: readers have to check smt_day_audit as well.
  // A file's days are audited after its commit, before it is announced, and again by the sweep if its worker died between.
  // Of two files that change a day at once the one that commits last sees both, so no disagreement is missed; within the
  // finishing transaction neither would see the other. A row is deleted only if no one has found the day to disagree since
  // the snapshot in which it agreed: seen_at changes each time.
  `create table day_disagreements (
    esiid text collate "C" not null,
    channel smt_channel not null,
    usage_date date not null,
    noticed_at timestamptz not null default clock_timestamp(),
    seen_at timestamptz not null default clock_timestamp(),
    primary key (esiid, channel, usage_date)
  )`,
  'create index day_disagreements_noticed on day_disagreements (noticed_at)',
  'create index day_disagreements_usage_date on day_disagreements (usage_date)',

  // The file that a row of a data table names, by the key that repeated_content has; null if the caller's snapshot has no such row.
  `create function smt_holder_of(data_table text, of_esiid text, of_channel smt_channel, of_date date,
      of_revision timestamptz, of_content uuid)
    returns bigint language plpgsql stable as $$
    begin
      case data_table
        when 'interval_blocks' then
          return (select raw_file_id from interval_blocks
            where esiid = of_esiid and channel = of_channel and usage_date = of_date and revised_at = of_revision
              and content = of_content);
        when 'daily_reads' then
          return (select raw_file_id from daily_reads
            where esiid = of_esiid and channel = of_channel and usage_date = of_date and revised_at = of_revision
              and content = of_content
            limit 1);
        when 'monthly_reads' then
          return (select raw_file_id from monthly_reads
            where esiid = of_esiid and channel = of_channel and start_date = of_date and revised_at = of_revision
              and md5(content::text || (end_date - start_date))::uuid = of_content
            limit 1);
      end case;
    end $$`,
];
