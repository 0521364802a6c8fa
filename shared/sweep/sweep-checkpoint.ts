import { createHash } from 'node:crypto';
import * as z from 'zod';

const instant = z.coerce.date();
const registered = z.array(z.string()).default([]);
const cursor = z.object({ keyMarker: z.string(), versionIdMarker: z.string().optional() });

/** State of one scan, of the whole bucket or a part of it. */
const scanState = z.object({
  /** All its versions from before this instant were found registered in a complete pass. */
  verifiedUntil: instant,
  /** The pass in progress, if the last run did not finish it. */
  pass: z
    .object({ startedAt: instant, cursor: cursor.nullable(), failed: z.boolean(), registered })
    .nullable(),
  /** Registered versions that are too young for `verifiedUntil` to cover; see {@link checkpointId}. */
  registered,
});

export type ScanState = z.infer<typeof scanState>;

/** Start state: everything has to be verified. */
export const firstScan: ScanState = { verifiedUntil: new Date(0), pass: null, registered: [] };

/**
 * State that a sweep stores for the next one. It is in the bucket and not in the database, so that a paused database is
 * not resumed only to find nothing to do. Losing it costs one full scan, nothing else.
 */
export const sweepCheckpoint = z.object({
  /** By the names of {@link sweepScans}. */
  scans: z.object({ recent: scanState, drops: scanState, uploads: scanState }),
  /** Nothing was pending at the last query of the database. */
  isQuiet: z.boolean(),
  databaseSeenAt: instant,
});

export type SweepCheckpoint = z.infer<typeof sweepCheckpoint>;
export type ListingCursor = z.infer<typeof cursor>;

/** Start state without a checkpoint. */
export const firstCheckpoint: SweepCheckpoint = {
  scans: { recent: firstScan, drops: firstScan, uploads: firstScan },
  isQuiet: false,
  databaseSeenAt: new Date(0),
};

/** Id of an object version in the checkpoint: 96 bits of its hash, since keys may be a kilobyte long. */
export function checkpointId({ objectKey, versionId }: { objectKey: string; versionId: string }): string {
  return createHash('sha256').update(`${objectKey}\n${versionId}`).digest('base64url').slice(0, 16);
}
