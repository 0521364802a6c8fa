import type { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { rejectReasons } from '../../../shared/intervals/row-counts.ts';
import {
  type MetricName,
  metricNamespace,
  metricService,
} from '../../../shared/observability/metric-names.ts';

/** One of this system's own metrics. */
export function ingestMetric(metricName: MetricName, statistic: string, period: Duration): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName,
    dimensionsMap: { service: metricService },
    statistic,
    period,
    label: metricName,
  });
}

/** Rejected rows, one metric for each reason. */
export function rejectedRows(period: Duration): readonly Metric[] {
  return rejectReasons.map(
    (reason) =>
      new Metric({
        namespace: metricNamespace,
        metricName: 'RejectedRows' satisfies MetricName,
        dimensionsMap: { service: metricService, reason },
        statistic: 'Sum',
        period,
        label: reason,
      }),
  );
}

/** The share of the rows read that were rejected, in percent. */
export function rejectedRowsPercent(period: Duration): MathExpression {
  return new MathExpression({
    expression: '100 * rejected / rows',
    usingMetrics: {
      rejected: ingestMetric('RejectedRows', 'Sum', period),
      rows: ingestMetric('RowsRead', 'Sum', period),
    },
    period,
    label: 'rejected rows, %',
  });
}
