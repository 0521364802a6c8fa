import type { LocalStack } from '../../infra/local/stack.ts';

/** Reports a run of the droplet's sync, as the droplet does; by default one that found an empty folder. */
export async function reportSyncRun({ apiUrl, adminToken }: LocalStack, run: object = {}): Promise<void> {
  const response = await fetch(`${apiUrl}/api/admin/smt/sync-runs`, {
    method: 'POST',
    headers: { 'x-admin-token': adminToken, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ error_code: null, file_error_code: null, newest_modified_at: null },
      ...{ files_listed: 0, files_delivered: 0, files_duplicate: 0, files_waiting: 0, files_failed: 0 },
      ...run,
    }),
  });
  if (!response.ok) throw new Error(`The report got ${response.status}: ${await response.text()}`);
}
