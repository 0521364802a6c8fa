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
} from '../../shared/http/schemas.ts';
import { channels } from '../../shared/intervals/block.ts';
import { esiidPattern } from '../../shared/intervals/esiid.ts';
import { auditOfDay } from './audit-schemas.ts';

/** Request and response schemas of the usage routes, for the handlers and the OpenAPI document. */

/** A little more than a year of intervals, which fits Lambda's 6 MB uncompressed. */
const maxUsageRows = 40_000;
/** Maximum number of ESIIDs: each is a separate query. */
const maxEsiids = 50;
/** Coverage is not paged. */
export const maxCoverageDays = 3_660;
/** Data with a gap every other interval have half a million in ten years. */
export const maxGaps = 5_000;
/** API Gateway ends a request after 30 seconds. */
const maxWaitSeconds = 25;

export const channel = z.enum(channels).meta({ id: 'Channel' });

const range = {
  from: dayParameter('First day, included; default: the first stored'),
  to: dayParameter('Last day, included; default: the last stored'),
};

const asOf = instant
  .transform((text) => new Date(text))
  .optional()
  .describe(
    'Responds as the database stood at this instant, without what has been withdrawn since; default: now',
  );

function inOrder({ from, to }: { from?: string | undefined; to?: string | undefined }): boolean {
  return from === undefined || to === undefined || from <= to;
}

const esiidList = z
  .string()
  .transform((text) => [...new Set(text.split(',').map((part) => part.trim()))].sort())
  .refine(
    (list) => list.length <= maxEsiids && list.every((part) => esiidPattern.test(part)),
    `is not an ESIID of 17 or 22 digits, or up to ${maxEsiids} of them joined by commas`,
  )
  .describe(`An ESIID, or up to ${maxEsiids} of them joined by commas`);

const resolutions = ['15min', 'hour', 'day', 'week', 'month', 'year'] as const;

export const usageQuery = z
  .strictObject({
    esiid: esiidList,
    ...range,
    channel: channel.optional().describe('Default: both'),
    resolution: z.enum(resolutions).default('15min').describe('Weeks begin on Monday'),
    as_of: asOf,
    limit: pageLimit(maxUsageRows, maxUsageRows),
    cursor: cursorOf(esiidPattern, /^\d{1,12}$/, new RegExp(`^(${channels.join('|')})$`)),
  })
  .refine(inOrder, { path: ['from'], message: 'is after "to"' });

const start = z
  .string()
  .describe('Start in local time with its offset, which names one instant: 2022-11-06T01:30:00-06:00');

const interval = z
  .strictObject({ esiid, start, channel, kwh, estimated: z.boolean() })
  .meta({ id: 'UsageInterval' });

const sum = z
  .strictObject({
    esiid,
    start,
    channel,
    kwh,
    intervals: count.describe('Intervals in the sum'),
    expected_intervals: count.describe(
      'Intervals that the period has within from and to; a day has 92, 96 or 100',
    ),
    estimated_intervals: count,
  })
  .meta({ id: 'UsageSum' });

const usage = { ok: z.literal(true), esiids: z.array(esiid), time_zone: z.literal('America/Chicago') };
const order = 'By ESIID, start and channel';

export const usageResponse = z
  .discriminatedUnion('resolution', [
    z
      .strictObject({
        ...usage,
        resolution: z.literal('15min'),
        rows: z.array(interval).describe(order),
        next_cursor: nextCursor,
      })
      .meta({ id: 'UsageIntervals' }),
    z
      .strictObject({
        ...usage,
        resolution: z.enum(['hour', 'day', 'week', 'month', 'year']),
        rows: z.array(sum).describe(order),
        next_cursor: nextCursor,
      })
      .meta({ id: 'UsageSums' }),
  ])
  .meta({ id: 'UsageResponse' });

export const coverageQuery = z
  .strictObject({ esiid, ...range, as_of: asOf })
  .refine(inOrder, { path: ['from'], message: 'is after "to"' });

const slotCounts = { expected: count, present: count, estimated: count, missing: count };

const coveredDay = z
  .strictObject({
    usage_date: localDate,
    channel,
    ...slotCounts,
    kwh: kwh.nullable().describe('Exact sum of the intervals that are present; null when none is'),
    revisions: count,
    latest_revised_at: instant.nullable(),
    latest_raw_file_id: rawFileId.nullable().describe('File with the latest revision'),
    first_received_at: instant.nullable(),
    latest_received_at: instant.nullable(),
    ...auditOfDay,
    days_late: count.nullable().describe('Whole days from the end of the day to the first file that had it'),
  })
  .meta({ id: 'CoveredDay' });

const gap = z
  .strictObject({ channel, start, end: z.string().describe('Excluded'), intervals: count })
  .meta({ id: 'Gap' });

export const coverageResponse = z
  .strictObject({
    ok: z.literal(true),
    esiid,
    from: localDate.nullable(),
    to: localDate.nullable(),
    first_date: localDate.nullable().describe('The first day stored, which may be before the range'),
    last_date: localDate.nullable().describe('The last day stored, which may be after the range'),
    totals: z.array(z.strictObject({ channel, ...slotCounts }).meta({ id: 'CoverageTotals' })),
    days: z.array(coveredDay).describe('Every day of the range, for each channel the ESIID has'),
    gaps: z.array(gap).describe(`Runs of missing intervals; the first ${maxGaps}`),
    gap_count: count.describe('How many such runs there are'),
  })
  .meta({ id: 'CoverageResponse' });

export const revisionsQuery = z.strictObject({
  esiid,
  usage_date: dayParameter('The day').unwrap(),
  channel: channel.optional().describe('Default: both'),
  as_of: asOf,
});

const revisionValue = z
  .strictObject({
    start,
    kwh: kwh.nullable(),
    estimated: z.boolean(),
    current: z.boolean(),
    changed: z.boolean().describe('New, or other than the value before'),
    previous: z
      .strictObject({ kwh: kwh.nullable(), estimated: z.boolean() })
      .nullable()
      .describe('The value that it replaced; null if it is new or did not change'),
  })
  .meta({ id: 'RevisionValue' });

const revision = z
  .strictObject({
    channel,
    revised_at: instant,
    loaded_at: instant,
    raw_file_id: rawFileId.describe('The first file loaded that holds this revision'),
    filename: z.string(),
    source: z.string(),
    meter: z.string().nullable(),
    kwh: kwh.describe('Sum of its values, an exact decimal'),
    intervals: count.describe('How many values it has'),
    estimated_intervals: count,
    changed_intervals: count.describe('Values that were new, or other than those of the revisions before'),
    current_intervals: count.describe('Values that no later revision replaces'),
    values: z
      .array(revisionValue)
      .describe('A value for each interval of the day; null where the file has none'),
  })
  .meta({ id: 'Revision' });

export const revisionsResponse = z
  .strictObject({
    ok: z.literal(true),
    esiid,
    usage_date: localDate,
    revisions: z
      .array(revision)
      .describe('By channel, oldest revision first; at most 100 for each channel, the newest'),
  })
  .meta({ id: 'RevisionsResponse' });

export const changesQuery = z.strictObject({
  cursor: cursorOf(/^\d{1,20}$/, /^\d{1,18}$/, esiidPattern, new RegExp(`^(${channels.join('|')})$`)),
  limit: pageLimit(10_000, 1_000),
  wait: z.coerce
    .number('is not a number')
    .min(0)
    .max(maxWaitSeconds)
    .default(0)
    .describe('How many seconds to wait for a change when there is none'),
});

const change = z
  .strictObject({
    esiid,
    channel,
    first_date: localDate.describe('The days that may have changed: first and last, both included'),
    last_date: localDate,
    raw_file_id: rawFileId.describe('The file that was loaded or withdrawn'),
  })
  .meta({ id: 'Change' });

export const changesResponse = z
  .strictObject({
    ok: z.literal(true),
    changes: z.array(change).describe('In the order of commits; empty when there is none after the cursor'),
    next_cursor: z
      .string()
      .nullable()
      .describe('Store it, and send it as `cursor` next time; null only if nothing was ever loaded'),
  })
  .meta({ id: 'ChangesResponse' });

export const esiidsQuery = z.strictObject({
  q: z
    .string()
    .regex(/^\d{1,22}$/, 'is not a part of an ESIID: digits')
    .optional()
    .describe(
      'Digits anywhere in the ESIID. A page of a search may be short or empty and still have a next one',
    ),
  limit: pageLimit(1_000, 100),
  cursor: cursorOf(/^\d{1,22}$/),
});

const esiidExtent = z
  .strictObject({
    esiid,
    channels: z.array(channel),
    first_date: localDate.describe('Of the days that intervals or reads cover'),
    last_date: localDate,
    first_interval_at: instant.nullable(),
    last_interval_at: instant.nullable(),
  })
  .meta({ id: 'EsiidExtent' });

export const esiidsResponse = z
  .strictObject({ ok: z.literal(true), esiids: z.array(esiidExtent), next_cursor: nextCursor })
  .meta({ id: 'EsiidsResponse' });

export const accessResponse = z
  .strictObject({
    ok: z.literal(true),
    access: z.enum(['admin', 'reader']).describe('`reader`: only the routes of usage'),
  })
  .meta({ id: 'AccessResponse' });
