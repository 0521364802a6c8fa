import { createHash } from 'node:crypto';
import * as z from 'zod';

const instant = z.coerce.date();
const registered = z.array(z.string()).default([]);
const cursor = z.object({ keyMarker: z.string(), versionIdMarker: z.string().optional() });

/**
 * What a sweep leaves for the next one. It lies in the bucket and not in the database, so that a database that pauses
 * is not woken to learn that there is nothing to do. Losing it costs one full pass, nothing else.
 */
export const sweepCheckpoint = z.object({
  /** All versions from before this instant were found registered in a whole pass over the bucket. */
  verifiedUntil: instant,
  /** The pass under way, if the last run did not come to its end. */
  pass: z
    .object({ startedAt: instant, cursor: cursor.nullable(), failed: z.boolean(), registered })
    .nullable(),
  /** Versions too young for `verifiedUntil` to speak for them, and seen registered; see {@link versionNote}. */
  registered,
  /** Nothing was on its way when the database was looked into last. */
  isQuiet: z.boolean(),
  databaseSeenAt: instant,
});

export type SweepCheckpoint = z.infer<typeof sweepCheckpoint>;
export type ListingCursor = z.infer<typeof cursor>;

/** What a sweep starts from that finds no notes: everything is to be verified. */
export const firstCheckpoint: SweepCheckpoint = {
  verifiedUntil: new Date(0),
  pass: null,
  registered: [],
  isQuiet: false,
  databaseSeenAt: new Date(0),
};

/** How notes name an object version: 96 bits of its hash, since keys may be a kilobyte long. */
export function versionNote({ objectKey, versionId }: { objectKey: string; versionId: string }): string {
  return createHash('sha256').update(`${objectKey}\n${versionId}`).digest('base64url').slice(0, 16);
}
