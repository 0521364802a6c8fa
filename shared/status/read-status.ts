import type { AuditCounts } from '../reads/audit-counts.ts';
import type { Database } from '../storage/database.ts';
import { type FileStatus, readFileStatus } from '../storage/raw-files/read-file-status.ts';
import { readSources, type SourceStatus } from '../storage/raw-files/read-sources.ts';
import { countDisagreements } from '../storage/reads/count-disagreements.ts';
import { type DataAge, readDataAge } from '../storage/reads/read-data-age.ts';
import { type ReportedSyncRun, readSyncRuns } from '../storage/sync-runs/read-sync-runs.ts';
import { listMissingUploads } from '../storage/upload-requests/list-missing-uploads.ts';
import { type ExpectedDelivery, usualDelivery } from './expected-delivery.ts';

const hourMs = 3_600_000;
/** How far back files are counted that brought nothing new. */
const longestSilenceMs = 7 * 24 * hourMs;
/** Missing uploads that are named. */
const maxMissingListed = 20;
/** How long a missing upload is reported. */
const missingReportedMs = 24 * hourMs;
/** How long a day whose intervals and daily read disagree is reported after it was noticed. */
const disagreementReportedMs = 24 * hourMs;
/** How many days intervals may arrive after the daily read of the same day. */
const intervalGraceDays = 5;

/** Whether deliveries arrive and are right: what the sweep's metrics say. */
export interface DeliveryStatus {
  readonly dataAge: DataAge;
  readonly sources: readonly SourceStatus[];
  /** The last run of each sync that reports its runs. */
  readonly syncRuns: readonly ReportedSyncRun[];
  readonly disagreements: Pick<AuditCounts, 'daysDiffering' | 'daysMissing'>;
  /** The oldest, and how many there are. */
  readonly missingUploads: Awaited<ReturnType<typeof listMissingUploads>>;
}

/** With where the files stand: what the API and its page say. */
export interface Status extends DeliveryStatus {
  /** Counts `since` the newest data was loaded, or a week at most. */
  readonly files: FileStatus;
}

export interface StatusQuery {
  readonly bucket: string;
  /** Null where no delivery is expected. */
  readonly expected: ExpectedDelivery | null;
  /** Uploads whose URL expired so long ago are missing. */
  readonly graceMs: number;
  readonly now: Date;
}

export async function readDelivery(
  database: Database,
  { bucket, expected, graceMs, now }: StatusQuery,
): Promise<DeliveryStatus> {
  const nowMs = now.getTime();
  const { dormantDays, silenceHours } = expected ?? usualDelivery;
  const [dataAge, sources, syncRuns, disagreements, missingUploads] = await Promise.all([
    readDataAge(database, dormantDays),
    readSources(database, silenceHours),
    readSyncRuns(database),
    countDisagreements(database, {
      noticedAfter: new Date(nowMs - disagreementReportedMs),
      graceDays: intervalGraceDays,
    }),
    listMissingUploads(database, {
      bucket,
      expiredBefore: new Date(nowMs - graceMs),
      requestedAfter: new Date(nowMs - missingReportedMs),
      limit: maxMissingListed,
    }),
  ]);
  return { dataAge, sources, syncRuns, disagreements, missingUploads };
}

export async function readStatus(database: Database, query: StatusQuery): Promise<Status> {
  const delivery = await readDelivery(database, query);
  const loadedMs = delivery.dataAge.lastLoadedAt?.getTime() ?? 0;
  const since = new Date(Math.max(loadedMs, query.now.getTime() - longestSilenceMs));
  return { ...delivery, files: await readFileStatus(database, { ...query, since }) };
}
