import { type RawBuilder, sql } from 'kysely';
import { pendingStatuses, type RawFileStatus } from '../tables.ts';

const unfinished = sql`(id in (select raw_file_id from unfinished_files))`;

/**
 * Condition on a row of raw_files: it has one of these statuses. No index has the status itself (raw-file-tables.ts says why), so
 * pending files are found by unfinished_files, and those of other final statuses than `normalized` by exceptional_status. Nearly
 * all files are normalized: what else restricts a query finds these.
 */
export function hasStatus(statuses: readonly RawFileStatus[]): RawBuilder<boolean> {
  const hasOneOf = sql<boolean>`status = any(${[...statuses]}::text[])`;
  const pending = statuses.filter((status) => pendingStatuses.some((each) => each === status));
  if (pending.length === statuses.length) return sql`(${hasOneOf} and ${unfinished})`;
  if (pending.length > 0 || statuses.includes('normalized')) return hasOneOf;
  return sql`exceptional_status = any(${[...statuses]}::text[])`;
}

/** Condition on a row of raw_files: it is normalized, and that is not announced. */
export const isUnannounced: RawBuilder<boolean> = sql`(
  status = 'normalized' and announced_at is null and ${unfinished}
)`;
