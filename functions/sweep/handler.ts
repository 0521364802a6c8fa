import type { Context } from 'aws-lambda';
import { requireEnvironment } from '../../shared/environment.ts';
import { logger } from '../../shared/observability/logger.ts';
import { emitMetrics } from '../../shared/observability/metrics.ts';
import { type SweepReport, sweep } from '../../shared/sweep/sweep.ts';
import { sweepDependencies } from './sweep-dependencies.ts';

/** Finds and requeues lost work, reports what it found, and lets an idle database pause. */
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
  return report;
};

function reportSweep(report: SweepReport): void {
  for (const missing of report.missingUploads.slice(0, 20))
    logger.warn('upload requested but never came', { ...missing });
  const { missingUploads: _, ...counts } = report;
  logger.info('sweep complete', counts);
  emitMetrics({
    UnregisteredObjects: report.unregisteredObjects,
    StuckFiles: report.stuckFiles,
    OldestUnfinishedAgeSeconds: report.oldestUnfinishedAgeSeconds,
    PresignedNotUploaded: report.presignedNotUploaded,
    ...(report.disagreements && {
      DaysDiffering: report.disagreements.daysDiffering,
      DaysMissing: report.disagreements.daysMissing,
    }),
  });
}
