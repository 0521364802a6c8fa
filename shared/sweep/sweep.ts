import { announceFile, type Publish } from '../raw-files/announce.ts';
import type { NotifiedVersion } from '../raw-files/object-store.ts';
import { type Queue, queueRawFiles } from '../raw-files/queue-raw-files.ts';
import type { ExpectedDelivery } from '../status/expected-delivery.ts';
import { type DeliveryStatus, readDelivery } from '../status/read-status.ts';
import type { Database } from '../storage/database.ts';
import { deleteOldRecords } from '../storage/delete-old-records.ts';
import { countPendingFiles } from '../storage/raw-files/count-pending-files.ts';
import { listUnannounced } from '../storage/raw-files/find-unannounced.ts';
import { isAnythingPending } from '../storage/raw-files/is-anything-pending.ts';
import { listStuckFiles } from '../storage/raw-files/list-stuck-files.ts';
import type { DeadLetterQueue, SweptBucket } from './ports.ts';
import { Steps } from './steps.ts';
import { firstCheckpoint, type SweepCheckpoint } from './sweep-checkpoint.ts';
import { type DeadLetterSweep, redriveMessages, registerFailedEvents } from './sweep-dead-letters.ts';
import { type ScansResult, sweepScans } from './sweep-scans.ts';

const maxStuck = 1_000;
const maxAnnounced = 500;
/** Of each kind; a run takes a second for so many, and a day's runs fourteen million. */
const maxDeleted = 50_000;
const hourMs = 3_600_000;
/** Maximum time between queries of the database, however idle it is. */
const longestQuietMs = 6 * hourMs;
/** Maximum clock skew between S3 and this system. */
const clockSkewMs = 60_000;

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
  /** False when the run has to leave the rest of such work to the next one. */
  readonly hasTime: (work: 'objects' | 'dead-letters') => boolean;
  readonly onError: (what: string, details: Record<string, unknown>, error: unknown) => void;
  readonly now: () => Date;
}

export interface SweepOptions {
  /** Events and messages younger than this may still be in flight. */
  readonly graceMs: number;
  /** A message that has waited in the queue this long counts as lost. */
  readonly waitingMs: number;
  /** Null where no delivery is expected. */
  readonly expected: ExpectedDelivery | null;
}

/** What a sweep found and did; null where its step failed. */
export interface SweepReport {
  /** Object versions whose event was lost, registered now. */
  readonly unregisteredObjects: number | null;
  /** Files queued again. */
  readonly stuckFiles: number | null;
  readonly oldestUnfinishedAgeSeconds: number | null;
  readonly announced: number | null;
  /** Upload requests and attempts of long ago, deleted now. */
  readonly deletedRecords: number | null;
  /** Whether deliveries arrive and are right; null also when the database was not queried. */
  readonly status: DeliveryStatus | null;
  readonly deadLettersHandled: number;
  readonly databaseOpened: boolean;
  /** Names of the steps that failed; the others were done. */
  readonly failedSteps: readonly string[];
}

type DatabaseReport = Pick<
  SweepReport,
  'stuckFiles' | 'oldestUnfinishedAgeSeconds' | 'announced' | 'deletedRecords' | 'status'
> & { readonly isQuiet: boolean };

const nothingOpen: DatabaseReport = {
  stuckFiles: 0,
  oldestUnfinishedAgeSeconds: 0,
  announced: 0,
  deletedRecords: 0,
  status: null,
  isQuiet: true,
};

/**
 * Requeues lost work: objects without a row, files without a message or a worker, dead-letter messages, announcements not
 * made. Deletes old records. Safe at any time and concurrently: every step is idempotent. A step that fails does not stop the others.
 */
export async function sweep(deps: SweepDependencies, options: SweepOptions): Promise<SweepReport> {
  const steps = new Steps(deps.onError);
  let databaseOpened = false;
  const database = (): Promise<Database> => {
    databaseOpened = true;
    return deps.database();
  };
  const checkpoint = await steps.run(
    'read-checkpoint',
    async () => (await deps.bucket.readCheckpoint()) ?? firstCheckpoint,
  );
  const listed =
    checkpoint && (await steps.run('objects', () => sweepObjects(checkpoint, deps, database, options)));
  const deadLetters = deadLetterSweep(deps, database);
  const redriven = await steps.run('dead-letters', () => redriveMessages(deadLetters));
  const registered = await steps.run('register-failures', () => registerFailedEvents(deadLetters));
  const deadLettersHandled = (redriven ?? 0) + (registered ?? 0);
  const seenAt = deps.now();
  const isDue =
    !checkpoint ||
    steps.failed.length > 0 ||
    listed?.sawNew ||
    deadLettersHandled > 0 ||
    databaseOpened ||
    !checkpoint.isQuiet ||
    seenAt.getTime() - checkpoint.databaseSeenAt.getTime() > longestQuietMs ||
    (await steps.run('replays', () => wasReplayedSince(checkpoint.databaseSeenAt, deps.bucket))) !== false;
  const open = isDue ? await sweepDatabase(steps, database, deps, options) : nothingOpen;
  if (checkpoint) {
    const next = {
      scans: listed?.scans ?? checkpoint.scans,
      isQuiet: steps.failed.length === 0 && open.isQuiet && !listed?.sawNew,
      databaseSeenAt: isDue ? seenAt : checkpoint.databaseSeenAt,
    };
    await steps.run('write-checkpoint', () => deps.bucket.writeCheckpoint(next));
  }
  const { isQuiet, ...counts } = open;
  const unregisteredObjects = listed?.unregistered ?? null;
  return { ...counts, unregisteredObjects, deadLettersHandled, databaseOpened, failedSteps: steps.failed };
}

function sweepObjects(
  checkpoint: SweepCheckpoint,
  deps: SweepDependencies,
  database: () => Promise<Database>,
  { graceMs }: SweepOptions,
): Promise<ScansResult> {
  return sweepScans(checkpoint.scans, {
    ...deps,
    database,
    graceMs,
    hasTime: () => deps.hasTime('objects'),
    onError: ({ objectKey, versionId }, error) =>
      deps.onError('object not registered', { objectKey, versionId }, error),
    onCursorRejected: (error) => deps.onError('scan of the bucket restarted', {}, error),
  });
}

function deadLetterSweep(deps: SweepDependencies, database: () => Promise<Database>): DeadLetterSweep {
  return {
    ...deps,
    database,
    hasTime: () => deps.hasTime('dead-letters'),
    onUnreadable: (body, error) =>
      deps.onError('dead-letter message left in the queue', { body: body.slice(0, 500) }, error),
  };
}

/** A replay whose worker died before it had queued its files leaves no other trace outside the database. */
async function wasReplayedSince(seenAt: Date, bucket: SweptBucket): Promise<boolean> {
  const replayedAt = await bucket.replayedAt();
  return replayedAt !== null && replayedAt.getTime() > seenAt.getTime() - clockSkewMs;
}

async function sweepDatabase(
  steps: Steps,
  open: () => Promise<Database>,
  deps: SweepDependencies,
  options: SweepOptions,
): Promise<DatabaseReport> {
  const { bucketName: bucket } = deps;
  const before = new Date(deps.now().getTime() - options.graceMs);
  const query = <T>(name: string, step: (database: Database) => Promise<T>): Promise<T | null> =>
    steps.query(name, async () => step(await open()));
  const stuckFiles = await query('stuck-files', (database) => requeueStuck(database, deps, options));
  const announced = await query('announcements', (database) => announceLate(database, deps, before));
  const status = await query('status', (database) =>
    readDelivery(database, { ...options, bucket, now: deps.now() }),
  );
  const deletedRecords = await query('old-records', (database) => deleteOldRecords(database, maxDeleted));
  const pending = await query('pending-files', (database) => countPendingFiles(database, bucket));
  const isAwaited = await query('pending-work', (database) =>
    isAnythingPending(database, { bucket, expiredBefore: before }),
  );
  return {
    stuckFiles,
    oldestUnfinishedAgeSeconds: pending?.oldestAgeSeconds ?? null,
    announced,
    deletedRecords,
    status,
    isQuiet: pending?.count === 0 && status?.missingUploads.count === 0 && isAwaited === false,
  };
}

async function requeueStuck(
  database: Database,
  { bucketName: bucket, queue }: SweepDependencies,
  { waitingMs }: SweepOptions,
): Promise<number> {
  const stuck = await listStuckFiles(database, { bucket, waitingMs, limit: maxStuck });
  await queueRawFiles(database, queue, stuck);
  return stuck.length;
}

async function announceLate(
  database: Database,
  { bucketName: bucket, publish, onError }: SweepDependencies,
  before: Date,
): Promise<number> {
  let announced = 0;
  for (const file of await listUnannounced(database, { bucket, before, limit: maxAnnounced })) {
    try {
      await announceFile(database, publish, file);
      announced++;
    } catch (error) {
      onError('file not announced', { rawFileId: file.id }, error);
    }
  }
  return announced;
}
