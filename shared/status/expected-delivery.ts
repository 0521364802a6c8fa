import * as z from 'zod';

/** What is expected of deliveries: beyond it, the alarms go off and the status says so. */
export const expectedDelivery = z.strictObject({
  /** New intervals come at least this often. At most 168. */
  silenceHours: z.int().min(1).max(168),
  /** A sync that reports its runs comes to the end of one at least this often. At most 168. */
  syncSilenceHours: z.int().min(1).max(168),
  /** The newest day stored is less than this many days ago. */
  dataAgeDays: z.int().min(1),
  /** An ESIID without intervals for more than this many days, less than thirty, is dormant. */
  dormantDays: z.int().min(1).max(29),
  /** Less than this share of the ESIIDs is dormant. */
  dormantPercent: z.number().positive().max(100),
});

export type ExpectedDelivery = z.infer<typeof expectedDelivery>;

/** Used for counting where nothing is expected. */
export const usualDelivery: ExpectedDelivery = {
  silenceHours: 30,
  syncSilenceHours: 3,
  dataAgeDays: 4,
  dormantDays: 7,
  dormantPercent: 5,
};
