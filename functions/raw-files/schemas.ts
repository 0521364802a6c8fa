import * as z from 'zod';
import {
  count,
  cursorOf,
  dayParameter,
  esiid,
  instant,
  kwh,
  localDate,
  nextCursor,
  pageLimit,
  rawFileId,
  rawFileStatus,
  searchText,
  writtenInstant,
} from '../../shared/http/schemas.ts';
import { dayStatuses, periodStatuses } from '../../shared/storage/reads/read-audit.ts';
import { rawFileStatuses } from '../../shared/storage/tables.ts';

/** Request and response schemas of the raw-file routes, for the handlers and the OpenAPI document. */

/** Whether a text is a valid cursor position of a sort order, and Postgres can parse it. */
function isPosition(sort: 'received' | 'data' | 'size' | 'rejected' | 'name', text: string): boolean {
  switch (sort) {
    case 'received':
      return writtenInstant.test(text);
    case 'data':
      return text === '-infinity' || writtenInstant.test(text);
    case 'size':
    case 'rejected':
      return /^\d{1,18}$/.test(text);
    case 'name':
      return searchText(2_000).safeParse(text).success;
  }
}

export const rawFilesQuery = z
  .strictObject({
    status: z
      .string()
      .transform((text) => text.split(',').map((part) => part.trim()))
      .pipe(z.array(rawFileStatus))
      .optional()
      .describe(`One or several of ${rawFileStatuses.join(', ')}, joined by commas`),
    source: searchText(50).optional().describe('As in droplet-upload, admin-ui, console-drop'),
    esiid: esiid.optional().describe('Files that hold this ESIID, or were sent with it'),
    q: searchText(200).optional().describe('Part of the file name or object key'),
    sha256: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/, 'is not a SHA-256 in 64 hex digits')
      .transform((hex) => hex.toLowerCase())
      .optional(),
    from: dayParameter('Received on this day or later'),
    to: dayParameter('Received on this day or earlier'),
    sort: z
      .enum(['received', 'data', 'size', 'rejected', 'name'])
      .default('received')
      .describe('By time received, end of the data, size, rejected rows or file name'),
    order: z.enum(['asc', 'desc']).default('desc'),
    limit: pageLimit(200, 50),
    cursor: cursorOf({ test: (text) => text.length <= 2_000 }, /^\d{1,18}$/),
  })
  .refine(({ sort, cursor }) => cursor === undefined || isPosition(sort, cursor[0]), {
    path: ['cursor'],
    message: 'is not a cursor of this order',
  })
  .refine(({ from, to }) => !from || !to || from <= to, { path: ['from'], message: 'is after "to"' });

export const listedRawFile = z
  .strictObject({
    id: rawFileId,
    filename: z.string(),
    object_key: z.string(),
    source: z.string(),
    size_bytes: count,
    status: rawFileStatus,
    duplicate_of: rawFileId.nullable(),
    attempts: count,
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
    esiid_count: count,
    first_esiid: esiid
      .nullable()
      .describe('One of those that the file holds, or that the original of a duplicate holds'),
    interval_min_at: instant.nullable().describe('Start of the first interval in the file'),
    interval_max_at: instant.nullable().describe('Start of the last interval in the file'),
    ignored_members: count.describe('Members of the archive that were understood and hold no intervals'),
    rows_read: count,
    rejected_rows: count,
    intervals_read: count,
    intervals_inserted: count,
    received_at: instant,
    normalized_at: instant.nullable(),
  })
  .meta({ id: 'ListedRawFile' });

export const rawFilesResponse = z
  .strictObject({
    ok: z.literal(true),
    files: z.array(listedRawFile).describe('In the order asked for; by default the last received first'),
    next_cursor: nextCursor,
  })
  .meta({ id: 'RawFilesResponse' });

export const rawFilePath = z.strictObject({ id: rawFileId });

const rowCounts = {
  rows_read: count.describe('Every data row is in exactly one of the counts that follow'),
  intervals_read: count,
  daily_reads_read: count,
  monthly_reads_read: count,
  duplicate_rows: count.describe('The same slot, day or period and value again'),
  conflicting_rows: count.describe('The same slot, day or period and revision with another value'),
  missing_kwh: count,
  nonexistent_hour: count.describe('Blank rows of the hour that spring forward skips'),
  invalid_esiid: count,
  invalid_timestamp: count,
  invalid_kwh: count,
  invalid_reading: count.describe('A register reading or demand that is not a number'),
  invalid_row: count,
};

const member = z
  .strictObject({
    name: z.string(),
    kind: z.string(),
    counts: z.record(z.string(), count),
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
  })
  .meta({ id: 'RawFileMember' });

const rawFile = z
  .strictObject({
    id: rawFileId,
    bucket: z.string(),
    object_key: z.string(),
    version_id: z.string(),
    etag: z.string().nullable(),
    filename: z.string(),
    size_bytes: count,
    sha256: z.string().nullable(),
    content_type: z.string().nullable(),
    source: z.string(),
    esiid: z.string().nullable().describe('The hint sent with the file'),
    esiids: z.array(esiid).describe('The first thousand that the file holds'),
    esiid_count: count,
    status: rawFileStatus,
    duplicate_of: rawFileId.nullable(),
    attempts: count,
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
    ...rowCounts,
    blocks_inserted: count,
    blocks_unchanged: count,
    intervals_inserted: count,
    daily_reads_inserted: count,
    monthly_reads_inserted: count,
    blocks_suppressed: count.describe('Left out, since their ESIID is erased'),
    members: z.array(member).describe('The first, as many as a response can hold'),
    member_count: count,
    interval_min_at: instant.nullable(),
    interval_max_at: instant.nullable(),
    received_at: instant,
    registered_at: instant,
    queued_at: instant.nullable(),
    normalized_at: instant.nullable(),
    announced_at: instant.nullable(),
    replayed_at: instant.nullable().describe('When it was last requeued by a replay'),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'RawFile' });

const timelineEvent = z
  .strictObject({
    at: instant,
    event: z.enum([
      'upload-requested',
      'received',
      'registered',
      'queued',
      'replayed',
      'attempt-started',
      'attempt-ended',
      'announced',
    ]),
    detail: z.string().nullable(),
  })
  .meta({ id: 'TimelineEvent' });

const rejectedRow = z
  .strictObject({
    member: z.string().nullable(),
    line_number: count,
    reason: z.string(),
    row_text: z.string(),
  })
  .meta({ id: 'RejectedRow' });

const copy = z
  .strictObject({
    id: rawFileId,
    filename: z.string(),
    source: z.string(),
    status: rawFileStatus,
    received_at: instant,
  })
  .meta({ id: 'RawFileCopy' });

const disagreement = z
  .strictObject({
    esiid,
    channel: z.enum(['consumption', 'generation']),
    usage_date: localDate,
    status: z.enum(dayStatuses),
    interval_kwh: kwh.nullable(),
    daily_kwh: kwh.nullable(),
    difference_kwh: z.string().nullable(),
  })
  .meta({ id: 'Disagreement' });

const change = z
  .strictObject({
    esiid,
    blocks: count,
    days: count,
    first_date: localDate,
    last_date: localDate,
  })
  .meta({ id: 'RawFileChange' });

export const rawFileResponse = z
  .strictObject({
    ok: z.literal(true),
    file: rawFile,
    timeline: z.array(timelineEvent).describe('What happened to the file, in order'),
    rejected_rows: z.array(rejectedRow).describe('The first hundred; the counts are complete'),
    copies: z.array(copy).describe('Other files with the same bytes'),
    audit: z
      .strictObject({
        days: z.partialRecord(z.enum(dayStatuses), count),
        periods: z.partialRecord(z.enum(periodStatuses), count),
        disagreements: z.array(disagreement),
      })
      .describe(
        'What SMT’s reads say now of the days and billing periods of the file’s first fifty meters, by status, and the ' +
          'fifty days that differ most',
      ),
    changes: z
      .array(change)
      .describe('The days that this file was the first to contain, by ESIID; at most fifty'),
  })
  .meta({ id: 'RawFileResponse' });

export const downloadResponse = z
  .strictObject({
    ok: z.literal(true),
    url: z.string().describe('Returns the original for a GET, for one minute'),
    expires_at: instant,
  })
  .meta({ id: 'DownloadResponse' });
