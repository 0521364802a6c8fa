import { datedUploadPrefix, uploadPrefixOf } from '../raw-files/object-key.ts';
import type { ListingPage, SweptBucket } from './ports.ts';
import { type BucketSweep, type BucketSweepResult, slowUploadMs, sweepBucket } from './sweep-bucket.ts';
import type { ListingCursor, ScanState, SweepCheckpoint } from './sweep-checkpoint.ts';

type Scans = SweepCheckpoint['scans'];

/** An upload appears under the hour of its request, at the latest when the slowest one has ended. */
const recentMs = slowUploadMs + 3_600_000;
/** Pages of a thousand versions that one run lists: a page of the recent uploads is worth more than one that was seen before. */
const maxPages = { recent: 200, drops: 20, uploads: 20 } as const satisfies Record<keyof Scans, number>;
/** After all dated uploads, and before any key that merely begins as they do. */
const afterUploads = `${datedUploadPrefix}~`;

export interface ScanSweep extends Omit<BucketSweep, 'list' | 'firstCursor' | 'alsoKnown' | 'maxPages'> {
  readonly bucket: Pick<SweptBucket, 'list'>;
}

export interface ScansResult extends Pick<BucketSweepResult, 'sawNew' | 'unregistered'> {
  readonly scans: Scans;
}

/**
 * Continues three scans, what is recent first, so that how soon a lost event is found depends on the uploads of the last hours
 * and on what people have dropped, and not on all that was ever uploaded:
 *
 * - `recent`: uploads requested in the last seven hours;
 * - `drops`: everything but uploads, whose keys may be any: listed by skipping over the uploads;
 * - `uploads`: all uploads ever; for what appeared later than seven hours after its request, or was lost before that.
 */
export async function sweepScans(scans: Scans, sweep: ScanSweep): Promise<ScansResult> {
  const { bucket, now } = sweep;
  const recentSince = uploadPrefixOf(new Date(now().getTime() - recentMs));
  const parts = {
    recent: {
      list: (cursor: ListingCursor | null) => bucket.list(cursor, datedUploadPrefix),
      firstCursor: { keyMarker: recentSince },
    },
    drops: { list: async (cursor: ListingCursor | null) => skipUploads(await bucket.list(cursor)) },
    uploads: { list: (cursor: ListingCursor | null) => bucket.list(cursor, datedUploadPrefix) },
  } satisfies Record<keyof Scans, Pick<BucketSweep, 'list' | 'firstCursor'>>;
  const next: { -readonly [Name in keyof Scans]: ScanState } = { ...scans };
  let sawNew = false;
  let unregistered = 0;
  for (const name of ['recent', 'drops', 'uploads'] as const) {
    const alsoKnown = new Set(Object.values(next).flatMap(registeredOf));
    const scan = { ...sweep, ...parts[name], alsoKnown, maxPages: maxPages[name] };
    const result = await sweepBucket(next[name], scan);
    next[name] = result.state;
    sawNew ||= result.sawNew;
    unregistered += result.unregistered;
  }
  return { scans: next, sawNew, unregistered };
}

function registeredOf({ registered, pass }: ScanState): readonly string[] {
  return [...registered, ...(pass?.registered ?? [])];
}

/** Where the next page would begin among the uploads, it begins after them. */
function skipUploads({ versions, next }: ListingPage): ListingPage {
  const isAmong = next !== null && next.keyMarker >= datedUploadPrefix && next.keyMarker < afterUploads;
  return { versions, next: isAmong ? { keyMarker: afterUploads } : next };
}
