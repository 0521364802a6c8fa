import type { SyncSummary } from '../sync.ts';
import type { ApiConfiguration } from './api-configuration.ts';
import { post } from './post.ts';

/**
 * Reports a run of sync to the API, whose status shows whether the sync runs, fails, or finds nothing new.
 * @param summary null if the folder was not listed
 * @param errorCode what ended the run early; null if it came to its end
 * @throws as {@link post}
 */
export async function reportRun(
  api: ApiConfiguration,
  { summary, errorCode }: { readonly summary: SyncSummary | null; readonly errorCode: string | null },
  signal: AbortSignal,
): Promise<void> {
  await post(
    { api, route: '/api/admin/smt/sync-runs', signal },
    {
      error_code: errorCode,
      files_listed: summary?.listed ?? null,
      files_delivered: summary?.delivered ?? 0,
      files_duplicate: summary?.duplicates ?? 0,
      files_waiting: summary?.waiting ?? 0,
      files_failed: summary?.failed ?? 0,
      file_error_code: summary?.fileErrorCode ?? null,
      newest_modified_at: summary?.newestModifiedAt?.toISOString() ?? null,
    },
  );
}
