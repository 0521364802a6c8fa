import * as z from 'zod';
import { count, dayParameter, esiid, kwh, localDate, pageLimit } from '../../shared/http/schemas.ts';
import { dayStatuses, periodStatuses } from '../../shared/storage/reads/read-audit.ts';

/** Days of one ESIID in one response. */
export const maxAuditRows = 10_000;
/** Without an ESIID, disagreements of this many days up to `to`, unless `from` is given. */
export const auditedDaysByDefault = 30;

const channel = z.enum(['consumption', 'generation']);

export const auditQuery = z
  .strictObject({
    esiid: esiid.optional().describe('Without it: the days of all ESIIDs that do not agree, the worst first'),
    from: dayParameter(
      `First day, included; default: the first known, or without an ESIID ${auditedDaysByDefault} days before "to"`,
    ),
    to: dayParameter('Last day, included; default: the last known'),
    channel: channel.optional().describe('Default: both'),
    status: z
      .string()
      .transform((text) => text.split(',').map((part) => part.trim()))
      .pipe(z.array(z.enum(dayStatuses)))
      .optional()
      .describe(`One or several of ${dayStatuses.join(', ')}, joined by commas`),
    limit: pageLimit(maxAuditRows, maxAuditRows).describe('Rows of each list'),
  })
  .refine(({ from, to }) => !from || !to || from <= to, { path: ['from'], message: 'is after "to"' })
  .refine(({ esiid: one, status }) => one !== undefined || !status?.includes('unaudited'), {
    path: ['status'],
    message: 'can be "unaudited" only of one ESIID',
  });

const optionalKwh = kwh.nullable();
/** A signed difference of two energies. */
const difference = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .nullable();

const auditedDay = z
  .strictObject({
    esiid,
    channel,
    usage_date: localDate,
    status: z
      .enum(dayStatuses)
      .describe(
        'agrees: whole, and the sum is the read; differs: whole, and it is not; incomplete: intervals missing; missing: a read ' +
          'and no interval; unaudited: intervals and no read',
      ),
    interval_kwh: optionalKwh.describe('Sum of the current intervals'),
    daily_kwh: optionalKwh.describe('SMT’s daily read'),
    register_kwh: optionalKwh.describe('How far the register advanced'),
    difference_kwh: difference.describe('interval_kwh less daily_kwh'),
    running_difference_kwh: difference.describe(
      'register_kwh less daily_kwh, summed over the week up to this day',
    ),
    register_agrees: z
      .boolean()
      .nullable()
      .describe('Whether that is within 0.05 kWh on this day or the next; null without registers'),
    intervals: count,
    expected_intervals: count,
  })
  .meta({ id: 'AuditedDay' });

/** Audit fields of a day in a coverage response. */
export const auditOfDay = {
  audit_status: auditedDay.shape.status
    .nullable()
    .describe('Audit of the day against SMT’s daily read, as in getAudit'),
  daily_kwh: auditedDay.shape.daily_kwh,
  difference_kwh: auditedDay.shape.difference_kwh,
};

const auditedPeriod = z
  .strictObject({
    esiid,
    channel,
    start_date: localDate,
    end_date: localDate.describe('Excluded'),
    status: z.enum(periodStatuses),
    billed_kwh: kwh,
    register_kwh: optionalKwh.describe('Register at the end less register at the start, as SMT bills it'),
    interval_kwh: optionalKwh,
  })
  .meta({ id: 'AuditedPeriod' });

const registerBreak = z
  .strictObject({ esiid, channel, usage_date: localDate, end_reading: kwh, next_start_reading: kwh })
  .meta({ id: 'RegisterBreak' });

export const auditResponse = z
  .strictObject({
    ok: z.literal(true),
    esiid: esiid.nullable(),
    from: localDate.nullable(),
    to: localDate.nullable(),
    totals: z
      .record(z.enum(dayStatuses), count)
      .describe('Days listed, by status; complete unless the list is as long as "limit"'),
    days: z.array(auditedDay),
    periods: z.array(auditedPeriod).describe('Billing periods that start in the range'),
    register_breaks: z
      .array(registerBreak)
      .describe('Midnights at the end of a day at which the register jumped: the meter was exchanged'),
  })
  .meta({ id: 'AuditResponse' });
