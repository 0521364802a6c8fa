import type { ReportedSyncRun } from '../storage/sync-runs/read-sync-runs.ts';
import type { Finding } from './finding.ts';
import type { SystemState } from './system-state.ts';
import { durationText, plural } from './words.ts';

/** How long ago a sync last came to the end of a run, of the one for which that is longest; null where none reports its runs. */
export function syncSilenceMs(runs: readonly ReportedSyncRun[], now: Date): number | null {
  const ages = runs.map(({ succeededAt }) => now.getTime() - succeededAt.getTime());
  return ages.length === 0 ? null : Math.max(...ages);
}

/** What is wrong with the runs of syncs: they do not run, fail, or fail for some files. */
export function syncFindings({
  now,
  expected,
  syncRuns,
}: Pick<SystemState, 'now' | 'expected' | 'syncRuns'>): readonly Finding[] {
  const silenceMs = (expected?.syncSilenceHours ?? Number.POSITIVE_INFINITY) * 3_600_000;
  return syncRuns.flatMap((run) => syncFinding(run, now, silenceMs) ?? []);
}

function syncFinding(run: ReportedSyncRun, now: Date, silenceMs: number): Finding | null {
  const code = 'late-syncs';
  const { source, errorCode, filesFailed, filesListed, fileErrorCode } = run;
  const runMs = now.getTime() - run.reportedAt.getTime();
  const succeededMs = now.getTime() - run.succeededAt.getTime();
  if (runMs >= silenceMs) {
    return {
      ...{ code, severity: 'error' },
      message: `The sync of ${source} has not run for ${durationText(runMs)}: its machine or its timer is off, or its reports do not reach the API.`,
      resolve:
        'On the droplet: systemctl list-timers smt-sync, then journalctl -u smt-sync --since yesterday.',
    };
  }
  if (errorCode !== null) {
    return {
      ...{ code, severity: succeededMs >= silenceMs ? 'error' : 'warning' },
      message: `The sync of ${source} runs and fails: ${errorCode}, ${durationText(runMs)} ago; its last success was ${durationText(succeededMs)} ago.`,
      resolve: 'On the droplet: runuser -u USER -- smt-droplet doctor, which says what to fix.',
    };
  }
  if (filesFailed === 0) return null;
  return {
    ...{ code, severity: 'warning' },
    message: `The sync of ${source} could not deliver ${plural(filesFailed, 'file')} of ${filesListed ?? 0} in its last run, ${durationText(runMs)} ago; the last of them: ${fileErrorCode ?? 'unknown'}.`,
    resolve: 'On the droplet: journalctl -u smt-sync names each file and why.',
  };
}

/** What a sync sees that runs while nothing new comes; null where it does not run, or fails, which is a finding of its own. */
export function lookedText(
  runs: readonly ReportedSyncRun[],
  { now, expected }: Pick<SystemState, 'now' | 'expected'>,
): string | null {
  const silenceMs = (expected?.syncSilenceHours ?? Number.POSITIVE_INFINITY) * 3_600_000;
  const run = runs.find(
    ({ errorCode, reportedAt }) => errorCode === null && now.getTime() - reportedAt.getTime() < silenceMs,
  );
  if (run === undefined) return null;
  const { source, filesListed, filesWaiting, newestModifiedAt } = run;
  const newest = newestModifiedAt ? `, the newest of ${newestModifiedAt.toISOString().slice(0, 10)}` : '';
  const waiting = filesWaiting > 0 ? `; ${filesWaiting} of them may still be written` : '';
  const found = filesListed ? `${plural(filesListed, 'file')}${newest}${waiting}` : 'no file';
  return `The sync of ${source} looked into the folder ${durationText(now.getTime() - run.reportedAt.getTime())} ago and found ${found}.`;
}
