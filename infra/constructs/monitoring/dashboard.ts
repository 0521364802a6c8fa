import { Duration, Stack } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  type CfnDashboard,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  MathExpression,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricName } from '../../../shared/observability/metric-names.ts';
import type { Settings } from '../../config/settings.ts';
import { prices } from '../../cost/prices.ts';
import type { Alarms } from './alarms.ts';
import { deadLetterCount } from './dead-letter-count.ts';
import { ingestMetric, rejectedRows } from './ingest-metric.ts';
import type { MonitoredFunction, MonitoredParts } from './monitored-parts.ts';
import { functionLogQueries } from './queries.ts';

const fullWidth = 24;
const hour = Duration.hours(1);
const fiveMinutes = Duration.minutes(5);

/** One screen, in the order of an operator's questions. */
export class IngestDashboard extends Construct {
  constructor(scope: Construct, id: string, parts: MonitoredParts, alarms: Alarms, settings: Settings) {
    super(scope, id);
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: Stack.of(this).stackName,
      defaultInterval: Duration.days(1),
    });
    // The linter's schema of a dashboard lacks Tags, which CloudFormation accepts.
    (dashboard.node.defaultChild as CfnDashboard).addMetadata('cfn-lint', {
      config: { ignore_checks: ['E3002'] },
    });
    dashboard.addWidgets(
      new AlarmStatusWidget({
        title: 'Alarms',
        alarms: [alarms.unhealthy, ...alarms.all],
        width: fullWidth,
        height: 4,
      }),
    );
    const sections: readonly (readonly [string, readonly IWidget[]])[] = [
      ['Is data flowing?', flowing()],
      ['What is pending?', waiting(parts)],
      ['What failed, and why?', failing(parts)],
      ['How old is the data?', age(parts)],
      ['Is it right and complete?', audited()],
      ['How fast?', speed(parts)],
      ['What does it cost?', cost(parts)],
      ...(settings.database === 'aurora' ? [['The database', parts.database.widgets()] as const] : []),
    ];
    for (const [question, widgets] of sections) {
      const markdown = `## ${question}\n[Runbook](${settings.runbookUrl})`;
      dashboard.addWidgets(new TextWidget({ markdown, width: fullWidth, height: 2 }));
      dashboard.addWidgets(...widgets);
    }
  }
}

function graph(title: string, metrics: readonly IMetric[], label: string, width = 8): GraphWidget {
  return new GraphWidget({
    title,
    left: [...metrics],
    leftYAxis: { label, min: 0, showUnits: false },
    width,
  });
}

const sumsOf = (...names: readonly MetricName[]) => names.map((name) => ingestMetric(name, 'Sum', hour));
const maximaOf = (...names: readonly MetricName[]) =>
  names.map((name) => ingestMetric(name, 'Maximum', fiveMinutes));

/** Of what the sweep may report only every six hours. */
const dailyMaximaOf = (...names: readonly MetricName[]) =>
  names.map((name) => ingestMetric(name, 'Maximum', Duration.hours(6)));

function flowing(): IWidget[] {
  return [
    new SingleValueWidget({
      title: 'In the selected time range',
      metrics: sumsOf('FilesRegistered', 'FilesNormalized', 'FilesFailed', 'IntervalsInserted'),
      setPeriodToTimeRange: true,
      width: 8,
      height: 6,
    }),
    graph(
      'Files',
      sumsOf('FilesRegistered', 'FilesNormalized', 'FilesDuplicate', 'FilesIgnored', 'FilesFailed'),
      'files an hour',
    ),
    graph('Intervals inserted', sumsOf('IntervalsInserted'), 'intervals an hour'),
  ];
}

function waiting({ toNormalize, registerFailures }: MonitoredParts): IWidget[] {
  const { queue, deadLetterQueue } = toNormalize;
  const visible = { statistic: 'Maximum', period: fiveMinutes };
  return [
    graph(
      'Normalize queue',
      [
        queue.metricApproximateNumberOfMessagesVisible({ ...visible, label: 'visible' }),
        queue.metricApproximateNumberOfMessagesNotVisible({ ...visible, label: 'in flight or delayed' }),
      ],
      'files',
    ),
    graph(
      'Ages',
      [
        queue.metricApproximateAgeOfOldestMessage({ ...visible, label: 'oldest message' }),
        ...maximaOf('OldestUnfinishedAgeSeconds'),
      ],
      'seconds',
    ),
    graph(
      'Failed or lost messages and files',
      [
        deadLetterCount(deadLetterQueue, 'deadLetters', 'dead-letter messages', fiveMinutes),
        deadLetterCount(registerFailures, 'registerFailures', 'register failures', fiveMinutes),
        ...maximaOf('StuckFiles', 'UnregisteredObjects', 'PresignedNotUploaded'),
      ],
      'files',
    ),
  ];
}

function failing({ workers, api }: MonitoredParts): IWidget[] {
  const worker = workers.map((fn) => fn.metricErrors({ period: fiveMinutes, label: fn.entry }));
  return [
    new LogQueryWidget({
      title: 'Failures by reason',
      logGroupNames: workers.map(({ logGroup }) => logGroup.logGroupName),
      queryString: functionLogQueries['failures by reason'],
      view: LogQueryVisualizationType.TABLE,
      width: fullWidth,
    }),
    graph('Rejected rows by reason', rejectedRows(hour), 'rows an hour', 6),
    graph('Missing readings', sumsOf('MissingKwh'), 'rows an hour', 6),
    graph('Failed invocations', worker, 'invocations', 6),
    graph(
      'Rejected and failed requests',
      [
        ...sumsOf('AuthenticationFailures'),
        api.api.metricClientError({ statistic: 'Sum', period: hour, label: '4xx' }),
        api.api.metricServerError({ statistic: 'Sum', period: hour, label: '5xx' }),
      ],
      'requests an hour',
      6,
    ),
  ];
}

function audited(): IWidget[] {
  return [
    graph('Days that differ from SMT’s daily reads', maximaOf('DaysDiffering', 'DaysMissing'), 'days'),
    graph('Days that agree', sumsOf('DaysAgreeing'), 'days an hour'),
    graph('Reads inserted, register breaks', sumsOf('ReadsInserted', 'RegisterBreaks'), 'an hour'),
  ];
}

function age({ workers }: MonitoredParts): IWidget[] {
  return [
    graph('Days from the newest day stored to today', dailyMaximaOf('NewestDayAgeDays'), 'days'),
    graph('Gone quiet', dailyMaximaOf('DormantEsiids', 'LateSources'), 'ESIIDs, sources'),
    graph('Since the end of a sync', dailyMaximaOf('SyncSilenceSeconds'), 'seconds'),
    new LogQueryWidget({
      title: 'The last files',
      logGroupNames: workers.map(({ logGroup }) => logGroup.logGroupName),
      queryString: functionLogQueries['the last files'],
      view: LogQueryVisualizationType.TABLE,
      width: fullWidth,
    }),
  ];
}

function speed({ workers, api }: MonitoredParts): IWidget[] {
  const percentiles = (name: MetricName) =>
    ['p50', 'p95', 'p99'].map((statistic) => ingestMetric(name, statistic, hour).with({ label: statistic }));
  return [
    graph('Upload to queryable', percentiles('UploadToQueryableSeconds'), 'seconds', 6),
    graph('Normalizing a file', percentiles('NormalizeDurationMs'), 'ms', 6),
    graph('Bytes and rows read', sumsOf('BytesRead', 'RowsRead'), 'an hour', 6),
    graph(
      'Invocations and requests, p95',
      [
        ...workers.map((fn) => fn.metricDuration({ statistic: 'p95', period: hour, label: fn.entry })),
        api.api.metricLatency({ statistic: 'p95', period: hour, label: 'api' }),
      ],
      'ms',
      6,
    ),
  ];
}

/** The cost that grows with use, at list prices; DEPLOY.md has the fixed cost. */
function cost({ workers, routes, api }: MonitoredParts): IWidget[] {
  const functions = [...workers, ...routes].map(lambdaCost);
  const requests = new MathExpression({
    expression: `requests * ${decimal(prices.httpApiRequest)}`,
    usingMetrics: { requests: api.api.metricCount({ statistic: 'Sum', period: hour }) },
    period: hour,
    label: 'HTTP API',
  });
  return [graph('Lambda and API', [...functions, requests], 'USD an hour', fullWidth)];
}

/** Metric math is not documented to accept 2e-7. */
function decimal(price: number): string {
  return price.toFixed(15);
}

function lambdaCost(fn: MonitoredFunction): IMetric {
  const usdPerMs = (fn.memorySizeMb / 1024 / 1000) * prices.lambdaGbSecond;
  const id = fn.node.id.toLowerCase();
  return new MathExpression({
    expression: `${id}Ms * ${decimal(usdPerMs)} + ${id}Calls * ${decimal(prices.lambdaRequest)}`,
    usingMetrics: {
      [`${id}Ms`]: fn.metricDuration({ statistic: 'Sum', period: hour }),
      [`${id}Calls`]: fn.metricInvocations({ period: hour }),
    },
    period: hour,
    label: fn.entry,
  });
}
