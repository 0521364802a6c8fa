import type { Context } from 'aws-lambda';
import { requireEnvironment } from '../../shared/environment.ts';
import { logger } from '../../shared/observability/logger.ts';
import { emitMetrics } from '../../shared/observability/metrics.ts';
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
  });
  reportSweep(report);
  if (report.failedSteps.length > 0) throw new SweepIncompleteError(report.failedSteps);
  return report;
};

function reportSweep(report: SweepReport): void {
  for (const missing of report.missingUploads) logger.warn('upload requested but never came', { ...missing });
  const { missingUploads: _, ...counts } = report;
  logger.info('sweep complete', counts);
  emitMetrics({
    UnregisteredObjects: report.unregisteredObjects,
    StuckFiles: report.stuckFiles,
    OldestUnfinishedAgeSeconds: report.oldestUnfinishedAgeSeconds,
    PresignedNotUploaded: report.presignedNotUploaded,
    DaysDiffering: report.disagreements?.daysDiffering,
    DaysMissing: report.disagreements?.daysMissing,
  });
}
