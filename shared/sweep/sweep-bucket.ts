import { isRawFileKey } from '../raw-files/object-key.ts';
import type { AnnouncedVersion } from '../raw-files/object-store.ts';
import type { Database } from '../storage/database.ts';
import { findUnregistered } from '../storage/find-unregistered.ts';
import type { SweepNotes } from './notes.ts';
import type { SweptBucket } from './ports.ts';

const hourMs = 3_600_000;
/** S3 may stamp an object with the time its upload began: a single PUT of 5 GB on a slow line takes hours. */
const slowUploadMs = 6 * hourMs;
/** A multipart upload is stamped when it is initiated, and may take until the bucket's lifecycle ends it. */
const multipartUploadMs = 7 * 24 * hourMs;

export interface BucketSweep {
  readonly bucket: SweptBucket;
  /** Called only when there is something to ask it. */
  readonly database: () => Promise<Database>;
  readonly register: (version: AnnouncedVersion) => Promise<void>;
  readonly onError: (version: AnnouncedVersion, error: unknown) => void;
  /** Events younger than this may still be on their way. */
  readonly graceMs: number;
  readonly maxPages: number;
  readonly now: () => Date;
}

export interface BucketSweepResult {
  readonly notes: Pick<SweepNotes, 'verifiedUntil' | 'pass'>;
  /** Objects were seen that no earlier pass has verified. */
  readonly sawNew: boolean;
  readonly unregistered: number;
}

/**
 * Goes on with the pass over all object versions, and registers those whose event was lost. A run reads a bounded number
 * of pages; what an earlier whole pass has verified is not asked of the database again.
 */
export async function sweepBucket(notes: SweepNotes, sweep: BucketSweep): Promise<BucketSweepResult> {
  const pass = notes.pass ?? { startedAt: sweep.now(), cursor: null, failed: false };
  let { cursor, failed } = pass;
  let sawNew = false;
  let unregistered = 0;
  for (let page = 0; page < sweep.maxPages; page++) {
    const { versions, next } = await sweep.bucket.list(cursor);
    const fresh = versions.filter((version) => isFresh(version, notes.verifiedUntil));
    const due = fresh.filter(
      ({ receivedAt }) => receivedAt.getTime() <= sweep.now().getTime() - sweep.graceMs,
    );
    if (fresh.length > 0) sawNew = true;
    const lost = due.length > 0 ? await findUnregistered(await sweep.database(), due) : [];
    unregistered += lost.length;
    for (const version of lost) {
      try {
        await sweep.register(version);
      } catch (error) {
        failed = true;
        sweep.onError(version, error);
      }
    }
    if (!next) {
      const verifiedUntil = failed ? notes.verifiedUntil : new Date(pass.startedAt.getTime() - sweep.graceMs);
      return { notes: { verifiedUntil, pass: null }, sawNew, unregistered };
    }
    cursor = next;
  }
  const unfinished = { startedAt: pass.startedAt, cursor, failed };
  return { notes: { verifiedUntil: notes.verifiedUntil, pass: unfinished }, sawNew, unregistered };
}

/** Whether no whole pass can have seen it: it may have appeared after that, with an older stamp. */
function isFresh({ objectKey, sizeBytes, etag, receivedAt }: AnnouncedVersion, verifiedUntil: Date): boolean {
  const uploadMs = etag?.includes('-') ? multipartUploadMs : slowUploadMs;
  return isRawFileKey(objectKey, sizeBytes) && receivedAt.getTime() > verifiedUntil.getTime() - uploadMs;
}
