import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { namedMetrics } from '../support/monitored-metrics.ts';
import { asText, templateOf } from '../support/template.ts';
import { variants } from '../support/variants.ts';

const runbook = readFileSync('infra/RUNBOOK.md', 'utf8');

/** The sections of the runbook by anchor, as GitHub makes anchors of headings. */
const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...rest] = section.split('\n');
      return [
        heading
          .toLowerCase()
          .replace(/[^a-z0-9 -]/g, '')
          .replaceAll(' ', '-'),
        rest.join('\n'),
      ] as const;
    }),
);

interface AlarmProperties {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions: unknown[];
  readonly TreatMissingData: string;
  readonly EvaluationPeriods: number;
  readonly Threshold: number;
  readonly Period?: number;
  readonly Metrics?: readonly {
    readonly Expression?: string;
    readonly MetricStat?: {
      readonly Metric: { readonly MetricName: string };
      readonly Period: number;
      readonly Stat: string;
    };
  }[];
}

/** Metrics of AWS's own services, by the one dimension each has here and the type of resource that it names. */
const awsMetrics: Readonly<Record<string, { dimension: string; type: string; names: readonly string[] }>> = {
  'AWS/SQS': {
    dimension: 'QueueName',
    type: 'AWS::SQS::Queue',
    names: [
      'ApproximateNumberOfMessagesVisible',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateAgeOfOldestMessage',
    ],
  },
  'AWS/Lambda': {
    dimension: 'FunctionName',
    type: 'AWS::Lambda::Function',
    names: ['Errors', 'Throttles', 'Duration', 'Invocations'],
  },
  'AWS/ApiGateway': {
    dimension: 'ApiId',
    type: 'AWS::ApiGatewayV2::Api',
    names: ['5xx', '4xx', 'Latency', 'Count'],
  },
  'AWS/RDS': {
    dimension: 'DBClusterIdentifier',
    type: 'AWS::RDS::DBCluster',
    names: ['ACUUtilization', 'ServerlessDatabaseCapacity', 'DatabaseConnections'],
  },
};

describe.each(variants)('%o', (variant) => {
  const stack = templateOf(variant);
  // A template's resources are untyped.
  const alarms = [
    ...Object.values(stack.ofType('AWS::CloudWatch::Alarm')),
    ...Object.values(stack.ofType('AWS::CloudWatch::CompositeAlarm')),
  ] as unknown as AlarmProperties[];

  test('has a section of the runbook for every alarm, with what it means, where to look, how to resolve it and when it is resolved', () => {
    expect(alarms.length).toBeGreaterThanOrEqual(16);
    for (const { AlarmDescription } of alarms) {
      const anchor = /RUNBOOK\.md#([a-z-]+)$/.exec(AlarmDescription)?.[1] ?? AlarmDescription;
      expect([...sections.keys()]).toContain(anchor);
      for (const part of ['**Means.**', '**Look.**', '**Resolve.**', '**Resolved when**']) {
        expect(`${anchor}: ${sections.get(anchor)}`).toContain(part);
      }
    }
  });

  test('notifies someone of every alarm', () => {
    for (const { AlarmActions } of alarms)
      expect(AlarmActions.map(asText)).toEqual([expect.stringMatching(/Topic/)]);
    const policies = asText(Object.values(stack.ofType('AWS::SNS::TopicPolicy')));
    expect(policies).toContain('cloudwatch.amazonaws.com');
  });

  test('evaluates no alarm over more than CloudWatch allows', () => {
    for (const { AlarmName, EvaluationPeriods, Period, Metrics = [] } of alarms.filter(
      (a) => a.EvaluationPeriods,
    )) {
      const periodSeconds = Period ?? Math.max(...Metrics.map(({ MetricStat }) => MetricStat?.Period ?? 0));
      const dayS = 86_400;
      const bound = periodSeconds >= 3600 ? 7 * dayS : dayS;
      expect({ AlarmName, fits: EvaluationPeriods * periodSeconds <= bound }).toEqual({
        AlarmName,
        fits: true,
      });
    }
  });

  test('names metrics of AWS that exist, of resources that are in the stack', () => {
    const foreign = namedMetrics(stack).filter(({ namespace }) => namespace !== 'SmtIngest');

    expect(foreign.length).toBeGreaterThan(10);
    for (const { namespace, name, dimensions } of foreign) {
      const known = awsMetrics[namespace];
      expect(known?.names).toContain(name);
      const id = /^<(\w+?)(?:\.\w+)?>$/.exec(dimensions[known?.dimension ?? ''] ?? '')?.[1] ?? '';
      expect({ namespace, name, type: stack.resources[id]?.Type }).toEqual({
        namespace,
        name,
        type: known?.type,
      });
    }
  });

  test('gives a message time to return from a dead worker before it counts as waiting', () => {
    const alarm = alarms.find(({ AlarmName }) => AlarmName.endsWith('-oldest-message'));
    const visibilityTimeouts = Object.values(stack.ofType('AWS::SQS::Queue')).map(
      ({ VisibilityTimeout }) => VisibilityTimeout as number,
    );

    expect(alarm?.Threshold).toBe(Math.max(...visibilityTimeouts) + 30 * 60);
    expect(alarm?.AlarmDescription).toContain('more than 2 hours');
  });

  test.each(['dead-letters', 'register-failures'])(
    'counts the dead-letter messages that the sweep hides, for %s',
    (name) => {
      const alarm = alarms.find(({ AlarmName }) => AlarmName === `SmtIngest-${variant.env}-${name}`);
      const parts = (alarm?.Metrics ?? []).flatMap(({ MetricStat }) => (MetricStat ? [MetricStat] : []));
      const [math] = (alarm?.Metrics ?? []).flatMap(({ Expression }) => (Expression ? [Expression] : []));

      expect(parts.map(({ Metric, Stat }) => `${Stat} ${Metric.MetricName}`).sort()).toEqual([
        'Maximum ApproximateNumberOfMessagesNotVisible',
        'Maximum ApproximateNumberOfMessagesVisible',
      ]);
      expect(math).toMatch(/^MAX\(\[FILL\(\w+Visible, 0\), FILL\(\w+Hidden, 0\)\]\)$/);
    },
  );

  test('writes numbers in metric math without an exponent', () => {
    const [dashboard] = Object.values(stack.ofType('AWS::CloudWatch::Dashboard'));

    expect(asText(dashboard?.DashboardBody).match(/[\d.]+e-\d+/g)).toBeNull();
  });

  test('goes into alarm as a composite when ingest does not work', () => {
    const [composite] = Object.values(stack.ofType('AWS::CloudWatch::CompositeAlarm'));
    const causes = asText(composite?.AlarmRule).match(/ALARM\(/g) ?? [];

    expect(composite?.AlarmName).toBe(`SmtIngest-${variant.env}-ingest-unhealthy`);
    expect(causes.length).toBeGreaterThanOrEqual(12);
  });
});

test('Silence and old data are alarms where deliveries are expected', () => {
  const nameOf = (variant: (typeof variants)[number]) =>
    Object.values(templateOf(variant).ofType('AWS::CloudWatch::Alarm')).map(({ AlarmName }) => AlarmName);

  for (const name of ['no-new-intervals', 'data-old', 'late-sources', 'dormant-esiids']) {
    expect(nameOf({ env: 'prod', database: 'existing' })).toContain(`SmtIngest-prod-${name}`);
    expect(nameOf({ env: 'dev', database: 'existing' })).not.toContain(`SmtIngest-dev-${name}`);
  }
});
