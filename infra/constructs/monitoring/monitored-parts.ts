import type { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IWidget, Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { AlarmDefinition } from './alarm-definition.ts';

/** What the monitoring needs to know of a function. */
export interface MonitoredFunction {
  readonly entry: string;
  readonly memorySizeMb: number;
  readonly node: { readonly id: string };
  readonly logGroup: ILogGroup;
  metricErrors(options?: MetricOptions): Metric;
  metricThrottles(options?: MetricOptions): Metric;
  metricDuration(options?: MetricOptions): Metric;
  metricInvocations(options?: MetricOptions): Metric;
}

/** The parts of the stack that are monitored. */
export interface MonitoredParts {
  readonly toNormalize: {
    readonly queue: IQueue;
    readonly deadLetterQueue: IQueue;
    readonly visibilityTimeout: Duration;
  };
  readonly registerFailures: IQueue;
  /** Functions that no client waits for: register, normalize, sweep. */
  readonly workers: readonly MonitoredFunction[];
  /** Functions that serve requests. */
  readonly routes: readonly MonitoredFunction[];
  readonly api: { readonly api: HttpApi; readonly accessLogs: ILogGroup };
  readonly database: {
    alarmDefinitions(): readonly AlarmDefinition[];
    widgets(): readonly IWidget[];
  };
}
