import { type Kysely, sql } from 'kysely';

/**
 * Days whose audit did not agree when a file was last audited: what the sweep counts and the alarms come from, at a cost of
 * the disagreements and not of all days. It is only an index: readers have to check smt_day_audit as well.
 *
 * A file's days are audited after its commit, before it is announced, and again by the sweep if its worker died between.
 * Of two files that change a day at once the one that commits last sees both, so no disagreement is missed; within the
 * finishing transaction neither would see the other. A row is deleted only if no one has found the day to disagree since
 * the snapshot in which it agreed: `seen_at` changes each time.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`
    create table day_disagreements (
      esiid text collate "C" not null,
      channel smt_channel not null,
      usage_date date not null,
      noticed_at timestamptz not null default clock_timestamp(),
      seen_at timestamptz not null default clock_timestamp(),
      primary key (esiid, channel, usage_date)
    )`.execute(database);
  await sql`create index day_disagreements_noticed on day_disagreements (noticed_at)`.execute(database);
  await sql`create index day_disagreements_usage_date on day_disagreements (usage_date)`.execute(database);
}
