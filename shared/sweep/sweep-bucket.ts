import { isRawFileKey } from '../raw-files/object-key.ts';
import type { NotifiedVersion } from '../raw-files/object-store.ts';
import type { Database } from '../storage/database.ts';
import { rejectionSqlState } from '../storage/errors.ts';
import { findUnregistered } from '../storage/raw-files/find-unregistered.ts';
import { CursorRejectedError, type ListingPage } from './ports.ts';
import { checkpointId, type ListingCursor, type ScanState } from './sweep-checkpoint.ts';

const hourMs = 3_600_000;
/** S3 may set an object's time to the start of its upload: a single PUT of 5 GB on a slow connection takes hours. */
export const slowUploadMs = 6 * hourMs;
/** A multipart upload has the time of its initiation, and may take until the bucket's lifecycle rule aborts it. */
const multipartUploadMs = 7 * 24 * hourMs;
/** Maximum number of young versions in the checkpoint; beyond it, each run queries the database for them again. */
const maxRemembered = 5_000;

export interface BucketSweep {
  /** Lists a page of the scan. @throws CursorRejectedError */
  readonly list: (cursor: ListingCursor | null) => Promise<ListingPage>;
  /** Where a pass begins; at the start if absent. */
  readonly firstCursor?: ListingCursor;
  /** Ids of versions that other scans found registered. */
  readonly alsoKnown?: ReadonlySet<string>;
  /** Called only when a query is needed. */
  readonly database: () => Promise<Database>;
  /** Returns whether the version had no row before. */
  readonly register: (version: NotifiedVersion) => Promise<boolean>;
  readonly onError: (version: NotifiedVersion, error: unknown) => void;
  readonly onCursorRejected: (error: CursorRejectedError) => void;
  /** Events younger than this may still be in flight. */
  readonly graceMs: number;
  readonly maxPages: number;
  /** False when the run has to stop; the next one continues. */
  readonly hasTime: () => boolean;
  readonly now: () => Date;
}

export interface BucketSweepResult {
  readonly state: ScanState;
  /** Objects were found that are not known to be registered. */
  readonly sawNew: boolean;
  readonly unregistered: number;
}

/**
 * Continues a scan of object versions, and registers those whose event was lost. A run reads a bounded number of
 * pages, and stops when its time is up; versions that an earlier run found registered are not queried again.
 */
export async function sweepBucket(state: ScanState, sweep: BucketSweep): Promise<BucketSweepResult> {
  const { firstCursor = null, alsoKnown = [] } = sweep;
  const pass = state.pass ?? { startedAt: sweep.now(), cursor: firstCursor, failed: false, registered: [] };
  const known = new Set([...state.registered, ...pass.registered, ...alsoKnown]);
  const registered = new Set(pass.registered);
  let { cursor, failed } = pass;
  let sawNew = false;
  let unregistered = 0;
  for (let page = 0; page < sweep.maxPages && sweep.hasTime(); page++) {
    const listed = await listOrGiveUp(cursor, sweep);
    if (!listed) return { state: { ...state, pass: null }, sawNew, unregistered };
    const { versions, next } = listed;
    const fresh = versions.filter((version) => isFresh(version, state.verifiedUntil));
    const [old, unknown] = partition(fresh, (version) => known.has(checkpointId(version)));
    const found = await registerLost(unknown, sweep);
    for (const version of [...old, ...found.registered]) {
      if (registered.size < maxRemembered) registered.add(checkpointId(version));
    }
    if (unknown.length > 0) sawNew = true;
    unregistered += found.created;
    failed ||= found.failed;
    if (found.isCut) break; // the next run reads this page again
    if (!next) {
      const verifiedUntil = failed ? state.verifiedUntil : new Date(pass.startedAt.getTime() - sweep.graceMs);
      return { state: { verifiedUntil, pass: null, registered: [...registered] }, sawNew, unregistered };
    }
    cursor = next;
  }
  const unfinished = { startedAt: pass.startedAt, cursor, failed, registered: [...registered] };
  return { state: { ...state, pass: unfinished }, sawNew, unregistered };
}

/** @returns null when S3 rejects the cursor: then the next run restarts the scan, and this one does its other work */
async function listOrGiveUp(cursor: ListingCursor | null, sweep: BucketSweep): Promise<ListingPage | null> {
  try {
    return await sweep.list(cursor);
  } catch (error) {
    if (!(error instanceof CursorRejectedError)) throw error;
    sweep.onCursorRejected(error);
    return null;
  }
}

interface Registered {
  /** Those that have a row, by now. */
  readonly registered: readonly NotifiedVersion[];
  /** How many had none. */
  readonly created: number;
  readonly failed: boolean;
  /** Time was up before all were processed. */
  readonly isCut: boolean;
}

/** Registers those of some versions whose event must have been lost. */
async function registerLost(versions: readonly NotifiedVersion[], sweep: BucketSweep): Promise<Registered> {
  const dueMs = sweep.now().getTime() - sweep.graceMs;
  const due = versions.filter(({ receivedAt }) => receivedAt.getTime() <= dueMs);
  const lost = due.length > 0 ? await findLost(due, sweep) : [];
  const registered = new Set(due);
  for (const version of lost) registered.delete(version);
  let created = 0;
  let failed = false;
  for (const version of lost) {
    if (!sweep.hasTime()) return { registered: [...registered], created, failed, isCut: true };
    try {
      if (await sweep.register(version)) created++;
      registered.add(version);
    } catch (error) {
      failed = true;
      sweep.onError(version, error);
    }
  }
  return { registered: [...registered], created, failed, isCut: false };
}

/** Those without a row. If the database rejects one, all are registered one by one, so that only that one fails. */
async function findLost(
  due: readonly NotifiedVersion[],
  sweep: BucketSweep,
): Promise<readonly NotifiedVersion[]> {
  try {
    return await findUnregistered(await sweep.database(), due);
  } catch (error) {
    if (rejectionSqlState(error) === null) throw error;
    return due;
  }
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  const { yes = [], no = [] } = Object.groupBy(items, (item) => (test(item) ? 'yes' : 'no'));
  return [yes, no];
}

/** Whether no complete scan can have seen it: it may have appeared afterwards with an older timestamp. */
function isFresh({ objectKey, sizeBytes, etag, receivedAt }: NotifiedVersion, verifiedUntil: Date): boolean {
  const uploadMs = etag?.includes('-') ? multipartUploadMs : slowUploadMs;
  return isRawFileKey(objectKey, sizeBytes) && receivedAt.getTime() > verifiedUntil.getTime() - uploadMs;
}
