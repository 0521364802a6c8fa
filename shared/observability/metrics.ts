import { Metrics } from '@aws-lambda-powertools/metrics';
import { countOfReason, type RowCounts, rejectReasons } from '../intervals/row-counts.ts';
import { type MetricName, metricNamespace, metricService, metricUnits } from './metric-names.ts';

const metrics = new Metrics({ namespace: metricNamespace, serviceName: metricService });

/**
 * Writes metrics as one line of the log, from which CloudWatch makes them (embedded metric format).
 * @param values those that are null or undefined are unknown, and left out
 * @param metadata fields of the same line to search by, such as rawFileId; never dimensions
 */
export function emitMetrics(
  values: Readonly<Partial<Record<MetricName, number | null | undefined>>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  for (const [name, value] of Object.entries(values)) {
    if (value != null) metrics.addMetric(name, metricUnits[name as MetricName], value);
  }
  for (const [name, value] of Object.entries(metadata)) metrics.addMetadata(name, value);
  metrics.publishStoredMetrics();
}

/** Writes how many rows were rejected, one line for each reason there was. */
export function emitRejectedRows(counts: RowCounts): void {
  for (const reason of rejectReasons) {
    const count = counts[countOfReason[reason]];
    if (count === 0) continue;
    metrics.addDimension('reason', reason).addMetric('RejectedRows', metricUnits.RejectedRows, count);
    metrics.publishStoredMetrics();
  }
}
