import { announceFile, type Publish } from '../raw-files/announce.ts';
import type { NotifiedVersion } from '../raw-files/object-store.ts';
import { type Queue, queueRawFiles } from '../raw-files/queue-raw-files.ts';
import type { AuditCounts } from '../reads/audit-counts.ts';
import type { Database } from '../storage/database.ts';
import { countPendingFiles } from '../storage/raw-files/count-pending-files.ts';
import { listUnannounced } from '../storage/raw-files/find-unannounced.ts';
import { isAnythingPending } from '../storage/raw-files/is-anything-pending.ts';
import { listStuckFiles } from '../storage/raw-files/list-stuck-files.ts';
import { countDisagreements } from '../storage/reads/count-disagreements.ts';
import { listMissingUploads, type MissingUpload } from '../storage/upload-requests/list-missing-uploads.ts';
import type { DeadLetterQueue, SweptBucket } from './ports.ts';
import { sweepBucket } from './sweep-bucket.ts';
import { firstCheckpoint } from './sweep-checkpoint.ts';
import { sweepDeadLetters } from './sweep-dead-letters.ts';

/** Object versions listed in one run: 20 pages of 1,000. */
const maxPages = 20;
const maxStuck = 1_000;
const maxAnnounced = 500;
const hourMs = 3_600_000;
/** Maximum time between queries of the database, however idle it is. */
const longestQuietMs = 6 * hourMs;
/** Maximum clock skew between S3 and this system. */
const clockSkewMs = 60_000;
/** How long a missing upload is reported. */
const missingReportedMs = 24 * hourMs;
/** How long a day whose intervals and daily read disagree is reported after it was noticed. */
const disagreementReportedMs = 24 * hourMs;
/** How many days intervals may arrive after the daily read of the same day. */
const intervalGraceDays = 5;

export interface SweepDependencies {
  readonly bucketName: string;
  readonly bucket: SweptBucket;
  readonly normalizeDeadLetters: DeadLetterQueue;
  readonly registerFailures: DeadLetterQueue;
  readonly database: () => Promise<Database>;
  /** Returns whether the version had no row before. */
  readonly register: (version: NotifiedVersion) => Promise<boolean>;
  readonly queue: Queue;
  readonly publish: Publish;
  /** False when the run has to leave unregistered versions to the next one. */
  readonly hasTime: () => boolean;
  readonly onError: (what: string, details: Record<string, unknown>, error: unknown) => void;
  readonly now: () => Date;
}

export interface SweepOptions {
  /** Events and messages younger than this may still be in flight. */
  readonly graceMs: number;
  /** A message that has waited in the queue this long counts as lost. */
  readonly waitingMs: number;
}

export interface SweepReport {
  /** Object versions whose event was lost, registered now. */
  readonly unregisteredObjects: number;
  /** Files queued again. */
  readonly stuckFiles: number;
  readonly oldestUnfinishedAgeSeconds: number;
  readonly presignedNotUploaded: number;
  readonly missingUploads: readonly MissingUpload[];
  readonly announced: number;
  /** Days whose intervals and daily read do not agree; null when the database was not queried. */
  readonly disagreements: Pick<AuditCounts, 'daysDiffering' | 'daysMissing'> | null;
  readonly deadLettersHandled: number;
  readonly databaseOpened: boolean;
}

const nothingOpen = {
  stuckFiles: 0,
  oldestUnfinishedAgeSeconds: 0,
  missingUploads: [],
  announced: 0,
  disagreements: null,
  isQuiet: true,
};

/**
 * Requeues lost work: objects without a row, files without a message or a worker, dead-letter messages, announcements not
 * made. Safe at any time and concurrently: every step is idempotent.
 */
export async function sweep(deps: SweepDependencies, options: SweepOptions): Promise<SweepReport> {
  const checkpoint = (await deps.bucket.readCheckpoint()) ?? firstCheckpoint;
  let databaseOpened = false;
  const database = (): Promise<Database> => {
    databaseOpened = true;
    return deps.database();
  };
  const listed = await sweepBucket(checkpoint, {
    ...deps,
    database,
    maxPages,
    graceMs: options.graceMs,
    onError: ({ objectKey, versionId }, error) =>
      deps.onError('object not registered', { objectKey, versionId }, error),
    onCursorRejected: (error) => deps.onError('scan of the bucket restarted', {}, error),
  });
  const deadLettersHandled = await sweepDeadLetters({
    ...deps,
    database,
    onUnreadable: (body, error) =>
      deps.onError('dead-letter message left in the queue', { body: body.slice(0, 500) }, error),
  });
  const seenAt = deps.now();
  const isDue =
    listed.sawNew ||
    deadLettersHandled > 0 ||
    databaseOpened ||
    !checkpoint.isQuiet ||
    seenAt.getTime() - checkpoint.databaseSeenAt.getTime() > longestQuietMs ||
    (await wasReplayedSince(checkpoint.databaseSeenAt, deps.bucket));
  const open = isDue ? await sweepDatabase(await database(), deps, options) : nothingOpen;
  await deps.bucket.writeCheckpoint({
    ...listed.checkpoint,
    isQuiet: open.isQuiet && !listed.sawNew,
    databaseSeenAt: isDue ? seenAt : checkpoint.databaseSeenAt,
  });
  const { isQuiet, ...counts } = open;
  return {
    ...counts,
    unregisteredObjects: listed.unregistered,
    presignedNotUploaded: open.missingUploads.length,
    deadLettersHandled,
    databaseOpened,
  };
}

/** A replay whose worker died before it had queued its files leaves no other trace outside the database. */
async function wasReplayedSince(seenAt: Date, bucket: SweptBucket): Promise<boolean> {
  const replayedAt = await bucket.replayedAt();
  return replayedAt !== null && replayedAt.getTime() > seenAt.getTime() - clockSkewMs;
}

async function sweepDatabase(database: Database, deps: SweepDependencies, options: SweepOptions) {
  const { bucketName: bucket } = deps;
  const nowMs = deps.now().getTime();
  const stuck = await listStuckFiles(database, { bucket, waitingMs: options.waitingMs, limit: maxStuck });
  await queueRawFiles(database, deps.queue, stuck);
  const before = new Date(nowMs - options.graceMs);
  const unannounced = await listUnannounced(database, { bucket, before, limit: maxAnnounced });
  let announced = 0;
  for (const file of unannounced) {
    try {
      await announceFile(database, deps.publish, file);
      announced++;
    } catch (error) {
      deps.onError('file not announced', { rawFileId: file.id }, error);
    }
  }
  const missingUploads = await listMissingUploads(database, {
    bucket,
    expiredBefore: before,
    requestedAfter: new Date(nowMs - missingReportedMs),
  });
  const disagreements = await countDisagreements(database, {
    noticedAfter: new Date(nowMs - disagreementReportedMs),
    graceDays: intervalGraceDays,
  });
  const { count, oldestAgeSeconds } = await countPendingFiles(database, bucket);
  const isAwaited = await isAnythingPending(database, { bucket, expiredBefore: before });
  return {
    stuckFiles: stuck.length,
    oldestUnfinishedAgeSeconds: oldestAgeSeconds,
    missingUploads,
    announced,
    disagreements,
    isQuiet: count === 0 && missingUploads.length === 0 && !isAwaited,
  };
}
