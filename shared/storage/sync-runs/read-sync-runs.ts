import type { Database } from '../database.ts';
import type { SyncRun } from './sync-run.ts';

/** Maximum number of sources that are read. */
const maxSources = 50;

export interface ReportedSyncRun extends SyncRun {
  readonly reportedAt: Date;
  /** When a run of the source last came to its end; of the first report, if none has. */
  readonly succeededAt: Date;
}

/** The last run of each source that reports its runs, the last report first. */
export async function readSyncRuns({ kysely }: Database): Promise<readonly ReportedSyncRun[]> {
  return kysely
    .selectFrom('sync_runs')
    .select([
      'source',
      'reported_at as reportedAt',
      'succeeded_at as succeededAt',
      'error_code as errorCode',
      'files_listed as filesListed',
      'files_delivered as filesDelivered',
      'files_duplicate as filesDuplicate',
      'files_waiting as filesWaiting',
      'files_failed as filesFailed',
      'file_error_code as fileErrorCode',
      'newest_modified_at as newestModifiedAt',
    ])
    .orderBy('reported_at', 'desc')
    .limit(maxSources)
    .execute();
}
