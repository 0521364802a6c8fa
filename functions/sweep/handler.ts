import type { Context } from 'aws-lambda';
import { requireEnvironment } from '../../shared/environment.ts';
import { logger } from '../../shared/observability/logger.ts';
import { emitMetrics } from '../../shared/observability/metrics.ts';
import { expectedByEnvironment } from '../../shared/status/expected-by-environment.ts';
import type { DeliveryStatus } from '../../shared/status/read-status.ts';
import { syncSilenceMs } from '../../shared/status/sync-runs.ts';
import { type SweepReport, sweep } from '../../shared/sweep/sweep.ts';
import { sweepDependencies } from './sweep-dependencies.ts';

/** Some steps of the sweep failed; what the others found is reported. The next run repeats all of them. */
class SweepIncompleteError extends Error {
  readonly code = 'sweep-incomplete';
  constructor(steps: readonly string[]) {
    super(
      `Steps of the sweep failed: ${steps.join(', ')}; see the errors logged before. The next run repeats them.`,
    );
    this.name = 'SweepIncompleteError';
  }
}

/**
 * Finds and requeues lost work, reports what it found, and lets an idle database pause.
 * @throws SweepIncompleteError
 */
export const handler = async (_event: unknown, context: Context): Promise<SweepReport> => {
  logger.addContext(context);
  const { sweepGraceSeconds, sweepWaitingSeconds } = requireEnvironment(
    'sweepGraceSeconds',
    'sweepWaitingSeconds',
  );
  const report = await sweep(sweepDependencies(context), {
    graceMs: Number(sweepGraceSeconds) * 1000,
    waitingMs: Number(sweepWaitingSeconds) * 1000,
    expected: expectedByEnvironment(),
  });
  reportSweep(report);
  if (report.failedSteps.length > 0) throw new SweepIncompleteError(report.failedSteps);
  return report;
};

function reportSweep({ status, ...counts }: SweepReport): void {
  for (const missing of status?.missingUploads.uploads ?? []) {
    logger.warn('upload requested but never came', { ...missing });
  }
  // The database is left alone only while no upload is missing.
  const presignedNotUploaded = status?.missingUploads.count ?? (counts.databaseOpened ? null : 0);
  logger.info('sweep complete', { ...counts, presignedNotUploaded });
  emitMetrics({
    UnregisteredObjects: counts.unregisteredObjects,
    StuckFiles: counts.stuckFiles,
    OldestUnfinishedAgeSeconds: counts.oldestUnfinishedAgeSeconds,
    PresignedNotUploaded: presignedNotUploaded,
    ...(status && statusMetrics(status, new Date())),
  });
}

function statusMetrics({ dataAge, sources, syncRuns, disagreements }: DeliveryStatus, now: Date) {
  const silenceMs = syncSilenceMs(syncRuns, now);
  const { ageDays, active, dormant } = dataAge;
  return {
    DaysDiffering: disagreements.daysDiffering,
    DaysMissing: disagreements.daysMissing,
    NewestDayAgeDays: ageDays,
    DormantEsiids: dormant,
    DormantPercent: active === 0 ? 0 : (100 * dormant) / active,
    LateSources: sources.filter(({ isLate }) => isLate).length,
    SyncSilenceSeconds: silenceMs && silenceMs / 1000,
  };
}
