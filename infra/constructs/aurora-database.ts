import { ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Port, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  NetworkType,
  ParameterGroup,
} from 'aws-cdk-lib/aws-rds';
import { Trigger } from 'aws-cdk-lib/triggers';
import type { Construct } from 'constructs';
import { auroraUserOf } from '../../shared/aws/aurora-users.ts';
import type { DatabaseRole } from '../../shared/storage/roles.ts';
import type { Settings } from '../config/settings.ts';
import { IngestDatabase } from './ingest-database.ts';
import { IngestFunction } from './ingest-function.ts';
import { IngestNetwork } from './ingest-network.ts';
import type { AlarmDefinition } from './monitoring/alarm-definition.ts';
import { auroraAlarms, auroraWidgets } from './monitoring/aurora.ts';

/** The newest of a major version that the Data API is documented for; RDS stops offering old minor versions for new clusters. */
export const auroraVersion = AuroraPostgresEngineVersion.VER_17_9;

const databaseName = 'smt';
const port = 5432;

/**
 * Aurora Serverless v2 in a network of its own. Functions log in with IAM tokens that they sign themselves, so the only
 * password is the administrator's, which RDS stores and rotates. No RDS Proxy: the event source bounds the connections.
 */
export class AuroraDatabase extends IngestDatabase {
  private readonly cluster: DatabaseCluster;
  private readonly settings: Settings;
  private readonly network: IngestNetwork;
  private readonly users: Trigger;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.settings = settings;
    this.network = new IngestNetwork(this, 'Network', settings);
    this.cluster = this.createCluster(settings);
    this.cluster.connections.allowFrom(this.network.functions, Port.tcp(port), 'Functions of smt-ingest');
    this.users = this.createUsers();
    new CfnOutput(this, 'Arn', { value: this.cluster.clusterArn, description: 'For the Data API' });
  }

  alarmDefinitions(): readonly AlarmDefinition[] {
    return auroraAlarms(this.cluster, this.settings);
  }

  widgets(): readonly IWidget[] {
    return auroraWidgets(this.cluster);
  }

  protected migrationPrerequisites(): readonly Trigger[] {
    return [this.users];
  }

  /**
   * Grants the login by the user's name on any cluster: a policy names a cluster by an id that no other cluster ever has, so a
   * restored one that takes over this one's name (RUNBOOK.md) would admit no function. The clusters of one account are isolated
   * by their networks.
   */
  protected grantConnect(fn: IngestFunction, role: DatabaseRole): void {
    const { hostname } = this.cluster.clusterEndpoint;
    this.network.place(fn);
    fn.setEnvironment('databaseEndpoint', `${hostname}:${port}/${databaseName}`);
    const resourceName = `cluster-*/${auroraUserOf(role)}`;
    const format = { service: 'rds-db', resource: 'dbuser', resourceName };
    const arn = Stack.of(this).formatArn({ ...format, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    fn.allow(['rds-db:connect'], [arn]);
    fn.explainWildcard(
      `arn:<AWS::Partition>:rds-db:<AWS::Region>:<AWS::AccountId>:dbuser:${resourceName}`,
      'The id of a restored cluster cannot be known beforehand.',
    );
  }

  private createCluster({ aurora, retainData }: Settings): DatabaseCluster {
    const engine = DatabaseClusterEngine.auroraPostgres({ version: auroraVersion });
    const cluster = new DatabaseCluster(this, 'Cluster', {
      engine,
      writer: ClusterInstance.serverlessV2('Writer'),
      serverlessV2MinCapacity: aurora.minCapacityAcu,
      serverlessV2MaxCapacity: aurora.maxCapacityAcu,
      vpc: this.network.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      networkType: NetworkType.DUAL,
      port,
      credentials: Credentials.fromUsername('smt_admin'),
      manageMasterUserPassword: true,
      iamAuthentication: true,
      enableDataApi: true,
      defaultDatabaseName: databaseName,
      parameterGroup: new ParameterGroup(this, 'Parameters', {
        engine,
        parameters: { 'rds.force_ssl': '1', log_min_duration_statement: '5000' },
      }),
      storageEncrypted: true,
      backup: { retention: Duration.days(aurora.backupDays) },
      copyTagsToSnapshot: true,
      removalPolicy: retainData ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    });
    Validations.of(cluster).acknowledge({
      id: 'AwsSolutions::AwsSolutions-RDS10',
      reason: retainData
        ? 'Protected from the start, the cluster would make the rollback of a failed first deployment fail. infra/DEPLOY.md ' +
          'turns the protection on after the first success; the preflight reports if it is off.'
        : 'An environment whose data may be lost: all of it can be loaded again from the bucket.',
    });
    return cluster;
  }

  /** Creates the users that functions log in as, through the Data API, which needs no route into the network. */
  private createUsers(): Trigger {
    const fn = new IngestFunction(this, 'CreateUsers', {
      entry: 'create-database-users',
      timeout: Duration.minutes(2),
    });
    const { clusterArn, secret } = this.cluster;
    if (!secret) throw new Error('RDS manages the password of smt_admin, so the cluster has a secret');
    new CfnOutput(this, 'AdminSecretArn', { value: secret.secretArn, description: 'For the Data API' });
    fn.setEnvironment('auroraArn', clusterArn);
    fn.setEnvironment('auroraAdminSecretArn', secret.secretArn);
    fn.setEnvironment('auroraDatabase', databaseName);
    fn.allow(['rds-data:ExecuteStatement'], [clusterArn]);
    fn.allow(['secretsmanager:GetSecretValue'], [secret.secretArn]);
    const trigger = new Trigger(this, 'Users', { handler: fn, timeout: Duration.minutes(3) });
    trigger.executeAfter(this.cluster);
    return trigger;
  }
}
