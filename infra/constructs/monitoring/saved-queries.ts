import { Stack } from 'aws-cdk-lib';
import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { MonitoredParts } from './monitored-parts.ts';
import { accessLogQueries, functionLogQueries } from './queries.ts';

/** The queries of the runbook, saved in CloudWatch Logs Insights. */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, { workers, routes, api }: MonitoredParts) {
    super(scope, id);
    const functionLogs = [...workers, ...routes].map(({ logGroup }) => logGroup);
    this.save(functionLogQueries, functionLogs);
    this.save(accessLogQueries, [api.accessLogs]);
  }

  private save(queries: Readonly<Record<string, string>>, logGroups: readonly ILogGroup[]): void {
    for (const [name, queryString] of Object.entries(queries)) {
      new CfnQueryDefinition(this, name.replaceAll(' ', '-'), {
        name: `${Stack.of(this).stackName}/${name}`,
        queryString,
        logGroupNames: logGroups.map(({ logGroupName }) => logGroupName),
      });
    }
  }
}
