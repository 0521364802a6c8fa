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
/** However quiet it is, the database is looked into once in this time. */
const longestQuietMs = 6 * hourMs;
/** Clocks of S3 and of this system differ by less. */
const clockSkewMs = 60_000;
/** A missing upload is reported for a day. */
const missingReportedMs = 24 * hourMs;
/** A day whose intervals and daily read disagree is reported for a day after it was noticed. */
const disagreementReportedMs = 24 * hourMs;
/** Days that intervals may come later than the daily read of the same day. */
const intervalGraceDays = 5;

export interface SweepDependencies {
  readonly bucketName: string;
  readonly bucket: SweptBucket;
  readonly normalizeDeadLetters: DeadLetterQueue;
  readonly registerFailures: DeadLetterQueue;
  readonly database: () => Promise<Database>;
  /** Says whether the version had no row before. */
  readonly register: (version: NotifiedVersion) => Promise<boolean>;
  readonly queue: Queue;
  readonly publish: Publish;
  /** False when the run has to leave what it has not registered to the next one. */
  readonly hasTime: () => boolean;
  readonly onError: (what: string, details: Record<string, unknown>, error: unknown) => void;
  readonly now: () => Date;
}

export interface SweepOptions {
  /** Events and messages younger than this may still be on their way. */
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
  /** Days whose intervals and daily read do not agree; null when the database was left alone. */
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
 * Puts back on its way whatever was lost on it: objects without a row, files without a message or a worker, dead
 * letters, announcements not made. Harmless at any time and any number of times at once: each step only repeats what
 * is safe to repeat.
 */
export async function sweep(deps: SweepDependencies, options: SweepOptions): Promise<SweepReport> {
  const notes = (await deps.bucket.readNotes()) ?? firstCheckpoint;
  let databaseOpened = false;
  const database = (): Promise<Database> => {
    databaseOpened = true;
    return deps.database();
  };
  const listed = await sweepBucket(notes, {
    ...deps,
    database,
    maxPages,
    graceMs: options.graceMs,
    onError: ({ objectKey, versionId }, error) =>
      deps.onError('object not registered', { objectKey, versionId }, error),
    onCursorRejected: (error) => deps.onError('pass over the bucket starts again', {}, error),
  });
  const deadLettersHandled = await sweepDeadLetters({
    ...deps,
    database,
    onUnreadable: (body, error) =>
      deps.onError('dead letter left where it is', { body: body.slice(0, 500) }, error),
  });
  const seenAt = deps.now();
  const isDue =
    listed.sawNew ||
    deadLettersHandled > 0 ||
    databaseOpened ||
    !notes.isQuiet ||
    seenAt.getTime() - notes.databaseSeenAt.getTime() > longestQuietMs ||
    (await wasReplayedSince(notes.databaseSeenAt, deps.bucket));
  const open = isDue ? await sweepDatabase(await database(), deps, options) : nothingOpen;
  await deps.bucket.writeNotes({
    ...listed.notes,
    isQuiet: open.isQuiet && !listed.sawNew,
    databaseSeenAt: isDue ? seenAt : notes.databaseSeenAt,
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
