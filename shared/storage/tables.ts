import type { ColumnType, GeneratedAlways, RawBuilder } from 'kysely';
import type { Channel } from '../intervals/block.ts';

/** Every status of a raw file. */
export const rawFileStatuses = [
  'registered',
  'normalizing',
  'normalized',
  'failed',
  'ignored',
  'duplicate',
  'withdrawn',
] as const;
export type RawFileStatus = (typeof rawFileStatuses)[number];

/** Pending: still to be normalized. All other statuses are final until the file is replayed. */
export const pendingStatuses = ['registered', 'normalizing'] as const satisfies readonly RawFileStatus[];

/** How an attempt to normalize ended; `retry` released the file, `lost` ended without a record. */
type AttemptOutcome = 'normalized' | 'failed' | 'ignored' | 'retry' | 'lost';

/** Read as text, since a bigint may exceed a number; written as either. */
type BigInt = ColumnType<string, string | number | undefined, string | number>;
type Timestamp = ColumnType<Date, Date | string, Date | string>;
type NullableTimestamp = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type Defaulted<T> = ColumnType<T, T | undefined, T>;
type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** One row an S3 object version. */
export interface RawFilesTable {
  id: GeneratedAlways<string>;
  bucket: string;
  object_key: string;
  version_id: string;
  etag: Nullable<string>;
  filename: string;
  size_bytes: BigInt;
  /** 64 hex digits; null when the object was deleted before it could be read. */
  sha256: Nullable<string>;
  content_type: Nullable<string>;
  source: string;
  /** A hint for files without an ESIID column. */
  esiid: Nullable<string>;
  received_at: Timestamp;
  status: Defaulted<RawFileStatus>;
  /** The status, where it is final and not normalized; it has an index. */
  exceptional_status: GeneratedAlways<RawFileStatus | null>;
  duplicate_of: Nullable<string>;
  /** Every row has its own ESIID and revision stamp: the bytes alone determine what the file loads. */
  self_contained: Defaulted<boolean>;
  attempts: Defaulted<number>;
  /** Number of consecutive lost attempts. */
  lost_attempts: Defaulted<number>;
  lease_token: Nullable<string>;
  lease_expires_at: NullableTimestamp;
  error_code: Nullable<string>;
  error_message: Nullable<string>;
  rows_read: BigInt;
  intervals_read: BigInt;
  daily_reads_read: BigInt;
  monthly_reads_read: BigInt;
  duplicate_rows: BigInt;
  conflicting_rows: BigInt;
  missing_kwh: BigInt;
  nonexistent_hour: BigInt;
  invalid_esiid: BigInt;
  invalid_timestamp: BigInt;
  invalid_kwh: BigInt;
  invalid_reading: BigInt;
  invalid_row: BigInt;
  blocks_inserted: BigInt;
  blocks_unchanged: BigInt;
  intervals_inserted: BigInt;
  daily_reads_inserted: BigInt;
  monthly_reads_inserted: BigInt;
  /** Blocks left out, since their ESIID is erased. */
  blocks_suppressed: BigInt;
  members: ColumnType<StoredMember[], string | undefined, string>;
  /** How many ESIIDs have intervals in it; raw_file_meters has them. */
  esiid_count: Defaulted<number>;
  interval_min_at: NullableTimestamp;
  interval_max_at: NullableTimestamp;
  registered_at: ColumnType<Date, Date | undefined, Date>;
  queued_at: NullableTimestamp;
  normalized_at: NullableTimestamp;
  announced_at: NullableTimestamp;
  /** When it was last replayed. */
  replayed_at: NullableTimestamp;
  /** The final status that it was replayed from; null once an attempt has read it. */
  replayed_from: Nullable<RawFileStatus>;
  created_at: ColumnType<Date, undefined, never>;
  updated_at: ColumnType<Date, Date | undefined, Date>;
}

/** What `members` holds: a MemberReport in the columns' spelling. */
export interface StoredMember {
  name: string;
  kind: string;
  counts: Record<string, number>;
  error_code: string | null;
  error_message: string | null;
}

/** What each attempt to normalize a file did. */
interface NormalizeAttemptsTable {
  raw_file_id: string;
  attempt: number;
  lease_token: string;
  worker_id: string;
  started_at: ColumnType<Date, Date | undefined, Date>;
  ended_at: NullableTimestamp;
  outcome: Nullable<AttemptOutcome>;
  error_code: Nullable<string>;
  error_message: Nullable<string>;
}

/** Requested presigned uploads, so that missing ones can be reported. */
interface UploadRequestsTable {
  object_key: string;
  filename: string;
  size_bytes: BigInt;
  sha256: string;
  source: string;
  esiid: Nullable<string>;
  content_type: Nullable<string>;
  client_received_at: NullableTimestamp;
  requested_at: ColumnType<Date, Date | undefined, Date>;
  expires_at: Timestamp;
  request_count: Defaulted<number>;
}

/** The last run of each sync, by its source. */
interface SyncRunsTable {
  source: string;
  reported_at: ColumnType<Date, undefined, RawBuilder<Date>>;
  succeeded_at: ColumnType<Date, undefined, RawBuilder<Date>>;
  error_code: Nullable<string>;
  files_listed: Nullable<number>;
  files_delivered: number;
  files_duplicate: number;
  files_waiting: number;
  files_failed: number;
  file_error_code: Nullable<string>;
  newest_modified_at: NullableTimestamp;
}

/** The intervals of a meter-day in one revision. Insert only. */
interface IntervalBlocksTable {
  esiid: string;
  channel: Channel;
  /** YYYY-MM-DD */
  usage_date: string;
  revised_at: Timestamp;
  /** UUID spelling of the block's 128-bit content hash. */
  content: string;
  raw_file_id: string;
  loaded_at: ColumnType<Date, undefined, never>;
  meter: Nullable<string>;
  /** One of these two is not null. */
  wh: Nullable<(number | null)[]>;
  kwh: Nullable<(string | null)[]>;
  /** One bit per slot, as text of 0 and 1. */
  estimated: Nullable<string>;
}

/** A daily read in one revision. Insert only. */
interface DailyReadsTable {
  esiid: string;
  channel: Channel;
  /** YYYY-MM-DD */
  usage_date: string;
  revised_at: Timestamp;
  /** UUID spelling of the read's 128-bit content hash. */
  content: string;
  raw_file_id: string;
  start_reading: Nullable<string>;
  end_reading: Nullable<string>;
  kwh: string;
}

/** A monthly read in one revision. Insert only. */
interface MonthlyReadsTable {
  esiid: string;
  channel: Channel;
  /** YYYY-MM-DD; the period is [start_date, end_date). */
  start_date: string;
  end_date: string;
  revised_at: Timestamp;
  content: string;
  raw_file_id: string;
  kwh: string;
  metered_kw: Nullable<string>;
  metered_kva: Nullable<string>;
  billed_kw: Nullable<string>;
  billed_kva: Nullable<string>;
}

/** The first rejected rows of a file. */
interface RejectedRowsTable {
  raw_file_id: string;
  position: number;
  member: Nullable<string>;
  line_number: BigInt;
  reason: string;
  row_text: string;
}

/** Which ESIIDs and days a file holds; see derived-tables.ts of the schema. */
interface RawFileMetersTable {
  raw_file_id: string;
  esiid: string;
  channel: Channel;
  /** YYYY-MM-DD */
  first_usage_date: string;
  last_usage_date: string;
  /** The transaction that last changed the file's data for this ESIID and channel. */
  changed_xid: Defaulted<string>;
}

/** Rows of a data table that a file holds but another one inserted; see derived-tables.ts of the schema. */
interface RepeatedContentTable {
  esiid: string;
  channel: Channel;
  data_table: string;
  raw_file_id: string;
  dates: string[];
  revisions: Date[];
  contents: string[];
}

/** ESIIDs that loads leave out. */
interface ErasedEsiidsTable {
  esiid: string;
  erased_at: ColumnType<Date, undefined, never>;
}

/** Object versions that hold nothing but an erased ESIID. */
interface ErasedObjectsTable {
  raw_file_id: string;
  esiid: string;
  /** Null while the object version is still to be deleted. */
  deleted_at: NullableTimestamp;
}

/** Who removed what, when and why. */
interface RemovalsTable {
  id: GeneratedAlways<string>;
  action: 'withdraw' | 'erase' | 'lift-erasure';
  raw_file_id: Nullable<string>;
  esiid: Nullable<string>;
  requested_by: string;
  reason: string;
  removed_at: ColumnType<Date, undefined, never>;
  /** Rows of data tables deleted, and rows that stay since another file holds them. */
  rows_removed: BigInt;
  rows_kept: BigInt;
}

/** View: one row an interval, current revision of each slot. */
interface SmtIntervalsView {
  esiid: string;
  meter: string | null;
  channel: Channel;
  ts: Date;
  kwh: string;
  estimated: boolean;
  usage_date: string;
  revised_at: Date;
  raw_file_id: string;
}

export interface Tables {
  raw_files: RawFilesTable;
  normalize_attempts: NormalizeAttemptsTable;
  upload_requests: UploadRequestsTable;
  sync_runs: SyncRunsTable;
  interval_blocks: IntervalBlocksTable;
  daily_reads: DailyReadsTable;
  monthly_reads: MonthlyReadsTable;
  rejected_rows: RejectedRowsTable;
  raw_file_meters: RawFileMetersTable;
  repeated_content: RepeatedContentTable;
  erased_esiids: ErasedEsiidsTable;
  erased_objects: ErasedObjectsTable;
  removals: RemovalsTable;
  smt_intervals: SmtIntervalsView;
  /** Views: the current revision of each read. */
  smt_daily_reads: Omit<DailyReadsTable, 'content'>;
  smt_monthly_reads: Omit<MonthlyReadsTable, 'content'>;
}
