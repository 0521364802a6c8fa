import { type RawBuilder, sql } from 'kysely';

/** Current intervals, or those that were current at an earlier time: a table to select from. */
export function intervalsAsOf(asOf: Date | null): RawBuilder<unknown> {
  return asOf === null ? sql`smt_intervals` : sql`smt_intervals_as_of(${asOf}::timestamptz)`;
}

/** A condition for the blocks that were loaded by then; includes the trailing `and`. */
export function loadedBy(asOf: Date | null): RawBuilder<unknown> {
  return asOf === null ? sql`` : sql`loaded_at <= ${asOf}::timestamptz and`;
}
