import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database.ts';
import type { RawFileStatus } from '../tables.ts';
import { filesOfEsiid } from './esiids-of-file.ts';
import { hasStatus } from './has-status.ts';

/** How much of an error's message a list shows. */
const maxMessageLength = 1_000;

/** Which files to list; what is left out does not restrict. */
export interface RawFileFilter {
  readonly statuses?: readonly RawFileStatus[] | undefined;
  readonly source?: string | undefined;
  /** In the file, or its hint. */
  readonly esiid?: string | undefined;
  /** 64 hex digits. */
  readonly sha256?: string | undefined;
  /** Part of the filename or the object key, case-insensitive. */
  readonly text?: string | undefined;
  /** Exactly this: an id, a filename, an object key of the bucket, or 64 hex digits of a SHA-256. */
  readonly named?: { readonly bucket: string; readonly name: string } | undefined;
  readonly receivedFrom?: Date | undefined;
  /** Excluded. */
  readonly receivedTo?: Date | undefined;
  readonly sort: RawFileSort;
  readonly order: 'asc' | 'desc';
  /** Only files after this row of an earlier page in the same order. */
  readonly after?: RawFilePosition | undefined;
  readonly limit: number;
}

/** Position of a row in the order: its sort value, in Postgres' text form so that no digit is lost. */
interface RawFilePosition {
  readonly value: string;
  readonly id: string;
}

/** Sort orders. Files without intervals have no end of data, and come last when the newest come first. */
const sorts = {
  received: { expression: sql`received_at`, type: sql`timestamptz` },
  data: { expression: sql`coalesce(interval_max_at, '-infinity')`, type: sql`timestamptz` },
  size: { expression: sql`size_bytes`, type: sql`bigint` },
  rejected: {
    expression: sql`(invalid_esiid + invalid_timestamp + invalid_kwh + invalid_reading + invalid_row)`,
    type: sql`bigint`,
  },
  name: { expression: sql`filename collate "C"`, type: sql`text` },
} as const;

type RawFileSort = keyof typeof sorts;

export interface ListedRawFile {
  readonly id: string;
  readonly filename: string;
  readonly object_key: string;
  readonly source: string;
  readonly size_bytes: number;
  readonly status: RawFileStatus;
  readonly duplicate_of: string | null;
  readonly attempts: number;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly esiid_count: number;
  readonly first_esiid: string | null;
  readonly interval_min_at: Date | null;
  readonly interval_max_at: Date | null;
  /** Members of the archive that were recognized and hold nothing to load. */
  readonly ignored_members: number;
  readonly rows_read: number;
  readonly rejected_rows: number;
  readonly intervals_read: number;
  readonly intervals_inserted: number;
  readonly received_at: Date;
  readonly normalized_at: Date | null;
  readonly position: string;
}

/**
 * Lists files in an order, a page at a time. By time received, every filter except the text has an index in that order, or matches
 * few files, or nearly all; the text filter scans the files that match the others and stops when the page is full. The other
 * orders read all matching files: a million take a second, and an index for each order would slow down every load.
 *
 * A duplicate holds the ESIIDs of its original.
 */
export async function listRawFiles(
  { kysely }: Database,
  filter: RawFileFilter,
): Promise<readonly ListedRawFile[]> {
  const restrictions = conditions(filter);
  const { expression } = sorts[filter.sort];
  const direction = filter.order === 'asc' ? sql`asc` : sql`desc`;
  const { rows } = await sql<ListedRawFile>`
    select id, filename, object_key, source, size_bytes::float8 as size_bytes, status, duplicate_of, attempts,
      error_code, left(error_message, ${maxMessageLength}) as error_message, esiid_count,
      (select min(meter.esiid) from raw_file_meters meter
        where meter.raw_file_id = coalesce(raw_files.duplicate_of, raw_files.id)) as first_esiid,
      interval_min_at, interval_max_at,
      jsonb_array_length(jsonb_path_query_array(
        members, '$[*] ? (@.kind != "interval" && @.error_code == null && !exists(@.counts.* ? (@ > 0)))'
      )) as ignored_members,
      rows_read::float8 as rows_read,
      (invalid_esiid + invalid_timestamp + invalid_kwh + invalid_reading + invalid_row)::float8 as rejected_rows,
      intervals_read::float8 as intervals_read, intervals_inserted::float8 as intervals_inserted,
      received_at, normalized_at, (${expression})::text as position
    from raw_files
    ${restrictions.length === 0 ? sql`` : sql`where ${sql.join(restrictions, sql` and `)}`}
    order by ${expression} ${direction}, id ${direction}
    limit ${filter.limit}`.execute(kysely);
  return rows;
}

function conditions(filter: RawFileFilter): RawBuilder<unknown>[] {
  const { statuses, source, esiid, sha256, text, receivedFrom, receivedTo, sort, order, after } = filter;
  const { expression, type } = sorts[sort];
  const pattern = text && `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return [
    statuses && hasStatus(statuses),
    source && sql`source = ${source}`,
    esiid && sql`id in ${filesOfEsiid(esiid)}`,
    sha256 && sql`sha256 = ${sha256}`,
    filter.named && isNamed(filter.named),
    pattern && sql`(filename ilike ${pattern} or object_key ilike ${pattern})`,
    receivedFrom && sql`received_at >= ${receivedFrom}`,
    receivedTo && sql`received_at < ${receivedTo}`,
    after &&
      sql`(${expression}, id) ${order === 'asc' ? sql`>` : sql`<`} (${after.value}::${type}, ${after.id}::bigint)`,
  ].filter((condition) => typeof condition === 'object');
}

/** Each alternative has an index. */
function isNamed({ bucket, name }: NonNullable<RawFileFilter['named']>): RawBuilder<unknown> {
  const id = /^[1-9]\d{0,17}$/.test(name) ? name : null;
  return sql`(
    id = ${id}::bigint or filename = ${name} or sha256 = ${name.toLowerCase()}
    or bucket = ${bucket} and object_key = ${name}
  )`;
}
