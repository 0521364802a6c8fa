import * as z from 'zod';
import { count, dayParameter, esiid, kwh, localDate, pageLimit } from '../../shared/http/schemas.ts';
import { dayCount } from '../../shared/intervals/clock.ts';
import { channel, maxCoverageDays } from './schemas.ts';

/** What the profile and peak routes accept and return. */

/** Both ends are needed: these routes read every interval of the range. */
const wholeRange = {
  from: dayParameter('').unwrap().describe('First day in America/Chicago, included'),
  to: dayParameter('').unwrap().describe('Last day in America/Chicago, included'),
};

interface Range {
  readonly from: string;
  readonly to: string;
}

/** A range that ends after it begins, and is not longer than what coverage describes. */
function bounded<Schema extends z.ZodType<Range>>(schema: Schema) {
  return schema
    .refine(({ from, to }) => from <= to, { path: ['from'], message: 'is after "to"' })
    .refine((range) => dayCount(range) <= maxCoverageDays, {
      path: ['from'],
      message: `begins a range longer than ${maxCoverageDays} days`,
    });
}

export const profileQuery = bounded(z.strictObject({ esiid, ...wholeRange }));

const profileHour = z
  .strictObject({
    channel,
    month: localDate.describe('First day of the calendar month'),
    weekend: z.boolean().describe('Saturdays and Sundays, or the other days'),
    hour: z.int().min(0).max(23).describe('Hour of the wall clock in America/Chicago'),
    kwh: kwh.describe('Sum over the days, an exact decimal'),
    intervals: count.describe(
      'Intervals in the sum; four make an hour, so kwh / (intervals / 4) is the mean kW',
    ),
  })
  .meta({ id: 'ProfileHour' });

export const profileResponse = z
  .strictObject({
    ok: z.literal(true),
    esiid,
    rows: z
      .array(profileHour)
      .describe('By month, channel, weekday or weekend, and hour; hours without an interval are left out'),
    baseload_kw: kwh
      .nullable()
      .describe(
        'Median over the days of the quietest whole hour of consumption; with generation, of the hours before 05:00',
      ),
  })
  .meta({ id: 'ProfileResponse' });

export const peaksQuery = bounded(
  z.strictObject({
    esiid,
    ...wholeRange,
    resolution: z.enum(['15min', 'hour']).default('15min'),
    limit: pageLimit(100, 10),
  }),
);

const peak = z
  .strictObject({
    start: z.string().describe('Start in local time with its offset'),
    channel,
    kwh,
    estimated: z.boolean(),
  })
  .meta({ id: 'Peak' });

export const peaksResponse = z
  .strictObject({
    ok: z.literal(true),
    esiid,
    rows: z
      .array(peak)
      .describe('The highest of each channel, highest first; hours only where all four intervals are stored'),
  })
  .meta({ id: 'PeaksResponse' });
