import { countOfReason, rejectReasons } from '../intervals/row-counts.ts';
import type { NormalizeOutcome } from '../raw-files/normalize-raw-file.ts';
import type { RegisteredObject } from '../raw-files/register-object.ts';
import type { AuditCounts } from '../reads/audit-counts.ts';
import type { MetricName } from './metric-names.ts';
import { emitMetrics, emitRejectedRows } from './metrics.ts';

/** Counts a newly registered object version; one that already had a row is not counted again. */
export function countRegistration(row: RegisteredObject): void {
  if (!row.created) return;
  const isDuplicate = row.status === 'duplicate';
  emitMetrics({ FilesRegistered: 1, FilesDuplicate: isDuplicate ? 1 : 0 }, { rawFileId: row.rawFileId });
}

const metricOfStatus = {
  normalized: 'FilesNormalized',
  ignored: 'FilesIgnored',
  failed: 'FilesFailed',
} as const satisfies Record<string, MetricName>;

/** Counts the outcome of a file that a worker processed. */
export function countOutcome(rawFileId: string, outcome: NormalizeOutcome, startedAtMs: number): void {
  if (outcome.kind === 'given-up') emitMetrics({ FilesFailed: 1 }, { rawFileId });
  if (outcome.kind !== 'done') return;
  const { file, report, loaded } = outcome;
  const { counts, intervalsInserted, dailyReadsInserted, monthlyReadsInserted } = loaded;
  const nowMs = Date.now();
  // A replay that found everything already stored made nothing visible.
  const latency =
    intervalsInserted > 0 ? { UploadToQueryableSeconds: (nowMs - file.receivedAt.getTime()) / 1000 } : {};
  emitMetrics(
    {
      [metricOfStatus[report.status]]: 1,
      BytesRead: file.sizeBytes,
      RowsRead: counts.rowsRead,
      RejectedRows: rejectReasons.reduce((sum, reason) => sum + counts[countOfReason[reason]], 0),
      IntervalsInserted: intervalsInserted,
      ReadsInserted: dailyReadsInserted + monthlyReadsInserted,
      MissingKwh: counts.missingKwh,
      NormalizeDurationMs: nowMs - startedAtMs,
      ...latency,
    },
    { rawFileId },
  );
  emitRejectedRows(counts);
}

/** Counts what the audit of a file's days found. */
export function countAudit(rawFileId: string, { daysAgreeing, registerBreaks }: AuditCounts): void {
  if (daysAgreeing === 0 && registerBreaks === 0) return;
  emitMetrics({ DaysAgreeing: daysAgreeing, RegisterBreaks: registerBreaks }, { rawFileId });
}
