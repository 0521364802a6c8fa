import { Duration } from 'aws-cdk-lib';
import { GraphWidget, type IWidget, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { DatabaseCluster } from 'aws-cdk-lib/aws-rds';
import { connectionsOf } from '../../config/connections.ts';
import type { Settings } from '../../config/settings.ts';
import type { AlarmDefinition } from './alarm-definition.ts';

const period = Duration.minutes(5);
/** RDS itself, people, and more concurrent requests than usual: the roles of Aurora have no connection limit. */
const otherConnections = 100;

/** A paused Aurora reports no data and is healthy. */
export function auroraAlarms(cluster: DatabaseCluster, settings: Settings): readonly AlarmDefinition[] {
  const { aurora } = settings;
  const { owner, writer, reader } = connectionsOf(settings);
  return [
    {
      anchor: 'database-capacity',
      meaning: `The database has run at its ${aurora.maxCapacityAcu} ACU for half an hour: loads and queries wait for it.`,
      metric: cluster.metricACUUtilization({ statistic: 'Average', period }),
      goesOff: 'at-or-above',
      threshold: 95,
      periods: 6,
      missing: TreatMissingData.NOT_BREACHING,
      isIngestUnhealthy: true,
    },
    {
      anchor: 'database-connections',
      meaning:
        'More connections than this system opens: another program uses the database, or connections leak.',
      metric: cluster.metricDatabaseConnections({ statistic: 'Maximum', period }),
      goesOff: 'at-or-above',
      threshold: owner + writer + reader + otherConnections,
      periods: 3,
      missing: TreatMissingData.NOT_BREACHING,
      isIngestUnhealthy: true,
    },
  ];
}

export function auroraWidgets(cluster: DatabaseCluster): readonly IWidget[] {
  const graph = (title: string, metric: ReturnType<DatabaseCluster['metric']>) =>
    new GraphWidget({ title, left: [metric], leftYAxis: { min: 0, showUnits: false }, width: 8 });
  return [
    graph('ACU', cluster.metricServerlessDatabaseCapacity({ statistic: 'Maximum', period })),
    graph('Connections', cluster.metricDatabaseConnections({ statistic: 'Maximum', period })),
    graph('ACU in use, %', cluster.metricACUUtilization({ statistic: 'Average', period })),
  ];
}
