import type { Logger } from '@aws-lambda-powertools/logger';
import type { NormalizeOutcome } from '../../shared/raw-files/normalize-raw-file.ts';

/** Logs one line per file. Operators search for its text: `normalization complete filesProcessed=1 intervalsInserted=1234`. */
export function logOutcome(logger: Logger, rawFileId: string, outcome: NormalizeOutcome): void {
  if (outcome.kind === 'skipped') {
    logger.info('nothing to normalize', { rawFileId, why: outcome.why });
    return;
  }
  if (outcome.kind === 'given-up') {
    logger.error('normalization failed', {
      rawFileId,
      errorCode: outcome.errorCode,
      errorMessage: outcome.why,
    });
    return;
  }
  if (outcome.kind === 'kept') {
    const { status, errorCode, why: errorMessage } = outcome;
    logger.error('replay failed, file stays as it was', { rawFileId, status, errorCode, errorMessage });
    return;
  }
  const { file, report, loaded } = outcome;
  const { objectKey, source } = file;
  const { attempt, intervalsInserted, blocksInserted, blocksUnchanged, counts } = loaded;
  const details = {
    rawFileId,
    objectKey,
    source,
    attempt,
    intervalsInserted,
    blocksInserted,
    blocksUnchanged,
    counts,
  };
  if (report.status === 'failed') {
    const { errorCode, errorMessage } = report;
    logger.error('normalization failed', { ...details, errorCode, errorMessage });
  } else if (report.status === 'ignored') {
    logger.info('file ignored', { ...details, members: report.members.map(({ kind }) => kind) });
  } else {
    logger.info(`normalization complete filesProcessed=1 intervalsInserted=${intervalsInserted}`, details);
  }
}
