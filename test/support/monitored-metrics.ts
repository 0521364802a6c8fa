import { asText, type StackTemplate } from './template.ts';

/** A metric that an alarm or a widget names. */
export interface NamedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Where it is named. */
  readonly by: string;
}

interface MetricStat {
  readonly Metric: {
    readonly Namespace: string;
    readonly MetricName: string;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
  };
}

interface AlarmProperties {
  readonly AlarmName: string;
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: MetricStat['Metric']['Dimensions'];
  readonly Metrics?: readonly { readonly MetricStat?: MetricStat }[];
}

/** Every metric that alarms and dashboards of a stack name. */
export function namedMetrics(stack: StackTemplate): readonly NamedMetric[] {
  const alarms = Object.values(stack.ofType('AWS::CloudWatch::Alarm')) as unknown as AlarmProperties[];
  const dashboards = Object.values(stack.ofType('AWS::CloudWatch::Dashboard'));
  return [
    ...alarms.flatMap(metricsOfAlarm),
    ...dashboards.flatMap(({ DashboardBody }) => metricsOfDashboard(asText(DashboardBody))),
  ];
}

function metricsOfAlarm({ AlarmName: by, ...alarm }: AlarmProperties): NamedMetric[] {
  const inline = alarm.MetricName
    ? [{ Namespace: alarm.Namespace ?? '', MetricName: alarm.MetricName, Dimensions: alarm.Dimensions ?? [] }]
    : [];
  const parts = (alarm.Metrics ?? []).flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : []));
  return [...inline, ...parts].map(({ Namespace, MetricName, Dimensions = [] }) => ({
    namespace: Namespace,
    name: MetricName,
    dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, asText(Value)])),
    by,
  }));
}

/** Widgets name a metric as `[namespace, name, dimension, value, …, {rendering}]`. */
function metricsOfDashboard(body: string): NamedMetric[] {
  const { widgets } = JSON.parse(body) as {
    widgets: { properties: { title?: string; metrics?: unknown[][] } }[];
  };
  return widgets.flatMap(({ properties: { title = '', metrics = [] } }) =>
    metrics.flatMap((entry) => {
      const [namespace, name, ...rest] = entry.filter((part) => typeof part === 'string');
      if (namespace === undefined || name === undefined) return []; // an expression
      const dimensions: Record<string, string> = {};
      for (let i = 0; i + 1 < rest.length; i += 2) dimensions[rest[i] ?? ''] = rest[i + 1] ?? '';
      return [{ namespace, name, dimensions, by: title }];
    }),
  );
}
