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

/** What the usage routes take and give; the handlers check by these, and the OpenAPI document is made of them. */

/** A year of intervals and a bit: what fits Lambda's 6 MB uncompressed. */
const maxUsageRows = 40_000;
/** Coverage comes in one piece. */
export const maxCoverageDays = 3_660;

export const channel = z.enum(['consumption', 'generation']);

const range = {
  from: dayParameter('First day, included; default: the first stored'),
  to: dayParameter('Last day, included; default: the last stored'),
};

function inOrder({ from, to }: { from?: string | undefined; to?: string | undefined }): boolean {
  return from === undefined || to === undefined || from <= to;
}

export const usageQuery = z
  .strictObject({
    esiid,
    ...range,
    channel: channel.optional().describe('Default: both'),
    resolution: z.enum(['15min', 'hour', 'day', 'month']).default('15min'),
    limit: pageLimit(maxUsageRows, maxUsageRows),
    cursor: cursorOf(/^\d{1,12}$/, /^(consumption|generation)$/),
  })
  .refine(inOrder, { path: ['from'], message: 'is after "to"' });

const start = z
  .string()
  .describe('Start in local time with its offset, so that it names one instant: 2022-11-06T01:30:00-06:00');

const interval = z.strictObject({ start, channel, kwh, estimated: z.boolean() });

const sum = z.strictObject({
  start,
  channel,
  kwh,
  intervals: count.describe('Intervals in the sum'),
  expected_intervals: count.describe('Intervals the period has within from and to; a day has 92, 96 or 100'),
  estimated_intervals: count,
});

export const usageResponse = z.strictObject({
  ok: z.literal(true),
  esiid,
  resolution: z.enum(['15min', 'hour', 'day', 'month']),
  time_zone: z.literal('America/Chicago'),
  rows: z
    .union([z.array(interval), z.array(sum)])
    .describe('By start, then channel; intervals at 15min, else sums'),
  next_cursor: nextCursor,
});

export const coverageQuery = z
  .strictObject({ esiid, ...range })
  .refine(inOrder, { path: ['from'], message: 'is after "to"' });

const slotCounts = { expected: count, present: count, estimated: count, missing: count };

const coveredDay = z.strictObject({
  usage_date: localDate,
  channel,
  ...slotCounts,
  kwh: kwh.nullable().describe('Exact sum of the intervals that are present; null when none is'),
  revisions: count,
  latest_revised_at: instant.nullable(),
  latest_raw_file_id: rawFileId.nullable().describe('File that brought the latest revision'),
  first_received_at: instant.nullable(),
  latest_received_at: instant.nullable(),
  days_late: count.nullable().describe('Whole days from the end of the day to the first file that had it'),
});

export const coverageResponse = z.strictObject({
  ok: z.literal(true),
  esiid,
  from: localDate.nullable(),
  to: localDate.nullable(),
  totals: z.array(z.strictObject({ channel, ...slotCounts })),
  days: z.array(coveredDay).describe('Every day of the range, for each channel the ESIID has'),
  gaps: z
    .array(z.strictObject({ channel, start, end: z.string().describe('Excluded'), intervals: count }))
    .describe('Runs of intervals that are missing'),
});

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

export const esiidsResponse = z.strictObject({
  ok: z.literal(true),
  esiids: z.array(
    z.strictObject({
      esiid,
      channels: z.array(channel),
      first_date: localDate,
      last_date: localDate,
      first_interval_at: instant.nullable(),
      last_interval_at: instant.nullable(),
    }),
  ),
  next_cursor: nextCursor,
});
