import { metricNamespace } from '../../shared/observability/metric-names.ts';
import type { EmittedMetric } from './emitted-metrics.ts';
import { asText, type StackTemplate } from './template.ts';

interface MetricOfAlarm {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

interface AlarmProperties extends MetricOfAlarm {
  readonly AlarmName: string;
  readonly Statistic?: string;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: string;
    readonly MetricStat?: { readonly Metric: MetricOfAlarm; readonly Stat: string };
  }[];
}

/**
 * Which alarms are off after periods that all look like these metrics, taken as one period; by name without the stack's, sorted.
 * Of the alarms on metrics of AWS, those of which there are any.
 */
export function breachedAlarms(stack: StackTemplate, emitted: readonly EmittedMetric[]): readonly string[] {
  const alarms = Object.values(stack.ofType('AWS::CloudWatch::Alarm')) as unknown as AlarmProperties[];
  return alarms
    .filter((alarm) => isOnOwnMetrics(alarm) || hasMetric(alarm, emitted))
    .filter((alarm) => isBreached(alarm, emitted))
    .map(({ AlarmName }) => AlarmName.replace(/^SmtIngest-(?:dev|prod)-/, ''))
    .sort();
}

function isOnOwnMetrics({ Namespace, Metrics = [] }: AlarmProperties): boolean {
  return [Namespace, ...Metrics.map(({ MetricStat }) => MetricStat?.Metric.Namespace)].includes(
    metricNamespace,
  );
}

function hasMetric({ Metrics = [], ...metric }: AlarmProperties, emitted: readonly EmittedMetric[]): boolean {
  const named = [metric, ...Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? [])];
  return named.some((one) => emitted.some((known) => isOf(one, known)));
}

function isBreached(alarm: AlarmProperties, emitted: readonly EmittedMetric[]): boolean {
  const value = currentValue(alarm, emitted);
  if (value === undefined) return alarm.TreatMissingData === 'breaching';
  switch (alarm.ComparisonOperator) {
    case 'GreaterThanOrEqualToThreshold':
      return value >= alarm.Threshold;
    case 'LessThanThreshold':
      return value < alarm.Threshold;
    default:
      throw new Error(`${alarm.AlarmName}: no test knows ${alarm.ComparisonOperator}`);
  }
}

function currentValue(alarm: AlarmProperties, emitted: readonly EmittedMetric[]): number | undefined {
  if (alarm.MetricName) return statistic(alarm.Statistic ?? '', alarm, emitted);
  const [only, ...others] = alarm.Metrics ?? [];
  if (only?.MetricStat && others.length === 0) {
    return statistic(only.MetricStat.Stat, only.MetricStat.Metric, emitted);
  }
  const parts = Object.fromEntries(
    (alarm.Metrics ?? []).flatMap(({ Id, MetricStat }) =>
      MetricStat ? [[Id, statistic(MetricStat.Stat, MetricStat.Metric, emitted)]] : [],
    ),
  );
  const expression = alarm.Metrics?.find(({ Expression }) => Expression)?.Expression;
  if (expression?.startsWith('MAX([FILL(')) return Math.max(...Object.values(parts).map((part) => part ?? 0));
  if (expression !== '100 * rejected / rows') throw new Error(`no test knows the expression ${expression}`);
  const { rejected, rows } = parts;
  return rejected === undefined || !rows ? undefined : (100 * rejected) / rows;
}

function statistic(
  name: string,
  metric: MetricOfAlarm,
  emitted: readonly EmittedMetric[],
): number | undefined {
  const values = emitted.filter((one) => isOf(metric, one)).map(({ value }) => value);
  if (values.length === 0) return undefined;
  switch (name) {
    case 'Sum':
      return values.reduce((sum, value) => sum + value, 0);
    case 'Maximum':
      return Math.max(...values);
    case 'SampleCount':
      return values.length;
    default:
      throw new Error(`no test knows the statistic ${name}`);
  }
}

function isOf({ Namespace, MetricName, Dimensions = [] }: MetricOfAlarm, one: EmittedMetric): boolean {
  const wanted = Dimensions.map(({ Name, Value }) => [Name, asText(Value)]).sort();
  return (
    one.namespace === Namespace &&
    one.name === MetricName &&
    JSON.stringify(Object.entries(one.dimensions).sort()) === JSON.stringify(wanted)
  );
}
