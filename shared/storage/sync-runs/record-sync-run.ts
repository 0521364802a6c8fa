import { sql } from 'kysely';
import type { Database } from '../database.ts';
import type { SyncRun } from './sync-run.ts';

/** Records the last run of a source in place of the one before. */
export async function recordSyncRun({ kysely }: Database, run: SyncRun): Promise<void> {
  const { source, ...result } = run;
  const values = {
    error_code: result.errorCode,
    files_listed: result.filesListed,
    files_delivered: result.filesDelivered,
    files_duplicate: result.filesDuplicate,
    files_waiting: result.filesWaiting,
    files_failed: result.filesFailed,
    file_error_code: result.fileErrorCode,
    newest_modified_at: result.newestModifiedAt,
  };
  await kysely
    .insertInto('sync_runs')
    .values({ source, ...values })
    .onConflict((conflict) =>
      conflict.column('source').doUpdateSet({
        ...values,
        reported_at: sql<Date>`now()`,
        ...(result.errorCode === null && { succeeded_at: sql<Date>`now()` }),
      }),
    )
    .execute();
}
