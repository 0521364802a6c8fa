import { readApiConfiguration, readSyncConfiguration } from './configuration.ts';
import type { Variables } from './environment-file.ts';
import { DropletError, hasCode, messageOf } from './errors.ts';
import { loggedRetries, withRetries } from './retry.ts';
import { type SyncOptions, type SyncSummary, type SyncTools, sync } from './sync.ts';
import { reportRun } from './upload/report-run.ts';

/** A report is not worth as many as a file. */
const maxAttempts = 3;
/** A report that takes longer is given up: long enough for a paused database to resume. */
const reportTimeoutMs = 90_000;
/** After a stop: systemd kills the process 30 seconds later. */
const stoppedReportTimeoutMs = 10_000;

/**
 * Runs {@link sync} and reports the run to the API, whatever became of it; a dry run is none. A report that cannot be sent is a
 * warning. That the run was stopped is no failure: the next one goes on.
 * @throws what reading the configuration and {@link sync} throw
 */
export async function reportedSync(
  env: Variables,
  options: SyncOptions,
  tools: SyncTools,
): Promise<SyncSummary> {
  let summary: SyncSummary | null = null;
  let error: unknown;
  try {
    const onListed = (listed: SyncSummary): void => {
      summary = listed;
    };
    summary = await sync(readSyncConfiguration(env), options, { ...tools, onListed });
    return summary;
  } catch (thrown) {
    error = thrown;
    throw thrown;
  } finally {
    if (!options.dryRun) await report(env, tools, { summary, error });
  }
}

async function report(
  env: Variables,
  tools: SyncTools,
  { summary, error }: { readonly summary: SyncSummary | null; readonly error: unknown },
): Promise<void> {
  const isStopped = hasCode(error, 'stopped');
  const signal = AbortSignal.timeout(isStopped ? stoppedReportTimeoutMs : reportTimeoutMs);
  try {
    const api = readApiConfiguration(env);
    const errorCode = error === undefined || isStopped ? null : codeOf(error);
    const retryPolicy = {
      ...tools.retryPolicy,
      attempts: Math.min(maxAttempts, tools.retryPolicy.attempts),
    };
    await withRetries(
      () => reportRun(api, { summary, errorCode }, signal),
      loggedRetries({ ...tools, retryPolicy, signal }, {}),
    );
  } catch (failure) {
    const reason = signal.aborted ? 'The API did not take it in time.' : messageOf(failure);
    tools.log.warning('run not reported', { error: codeOf(failure), reason });
  }
}

function codeOf(error: unknown): string {
  return error instanceof DropletError ? error.code : 'unexpected';
}
