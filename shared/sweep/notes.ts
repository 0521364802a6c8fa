import * as z from 'zod';

const instant = z.coerce.date();
const cursor = z.object({ keyMarker: z.string(), versionIdMarker: z.string().optional() });

/**
 * What a sweep leaves for the next one. It lies in the bucket and not in the database, so that a database that pauses
 * is not woken to learn that there is nothing to do. Losing it costs one full pass, nothing else.
 */
export const sweepNotes = z.object({
  /** All versions from before this instant were found registered in a whole pass over the bucket. */
  verifiedUntil: instant,
  /** The pass under way, if the last run did not come to its end. */
  pass: z.object({ startedAt: instant, cursor: cursor.nullable(), failed: z.boolean() }).nullable(),
  /** Nothing was on its way when the database was last looked into. */
  isQuiet: z.boolean(),
  databaseSeenAt: instant,
});

export type SweepNotes = z.infer<typeof sweepNotes>;
export type ListingCursor = z.infer<typeof cursor>;

/** What a sweep starts from that finds no notes: everything is to be verified. */
export const firstNotes: SweepNotes = {
  verifiedUntil: new Date(0),
  pass: null,
  isQuiet: false,
  databaseSeenAt: new Date(0),
};
