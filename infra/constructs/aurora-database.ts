import { ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Port, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
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
import { Construct } from 'constructs';
import { auroraUserOf } from '../../shared/aws/aurora-users.ts';
import type { DatabaseRole } from '../../shared/storage/roles.ts';
import type { Settings } from '../config/settings.ts';
import type { IngestDatabase } from './ingest-database.ts';
import { IngestFunction } from './ingest-function.ts';
import { IngestNetwork } from './ingest-network.ts';
import type { AlarmDefinition } from './monitoring/alarm-definitions.ts';
import { auroraAlarms, auroraWidgets } from './monitoring/aurora.ts';

const databaseName = 'smt';
const port = 5432;

/**
 * Aurora Serverless v2 in a network of its own. Functions log in with IAM: tokens are signed where they are used, so no
 * password exists but the administrator's, which RDS keeps and rotates. No proxy: the event source bounds connections.
 */
export class AuroraDatabase extends Construct implements IngestDatabase {
  readonly cluster: DatabaseCluster;
  private readonly settings: Settings;
  private readonly network: IngestNetwork;
  private readonly roles: Trigger;
  private migration: Trigger | undefined;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.settings = settings;
    this.network = new IngestNetwork(this, 'Network', settings);
    this.cluster = this.createCluster(settings);
    this.cluster.connections.allowFrom(this.network.functions, Port.tcp(port), 'Functions of smt-ingest');
    this.roles = this.createRoles();
    new CfnOutput(this, 'Arn', { value: this.cluster.clusterArn, description: 'For the Data API' });
  }

  migratedBy(fn: IngestFunction): void {
    this.connect(fn, 'owner');
    this.migration = new Trigger(this, 'Migration', { handler: fn, timeout: Duration.minutes(6) });
    this.migration.executeAfter(this.roles);
  }

  usedBy(fn: IngestFunction, role: DatabaseRole): void {
    this.connect(fn, role);
    this.migration?.executeBefore(fn);
  }

  alarmDefinitions(): readonly AlarmDefinition[] {
    return auroraAlarms(this.cluster, this.settings);
  }

  widgets(): readonly IWidget[] {
    return auroraWidgets(this.cluster);
  }

  private connect(fn: IngestFunction, role: DatabaseRole): void {
    const { hostname } = this.cluster.clusterEndpoint;
    this.network.hosts(fn);
    fn.setEnvironment('databaseEndpoint', `${hostname}:${port}/${databaseName}`);
    fn.setEnvironment('databaseRole', role);
    // RDS's certificates are signed by Amazon's own authorities, which Lambda ships in this file and Node does not read.
    fn.addEnvironment('NODE_EXTRA_CA_CERTS', '/var/runtime/ca-cert.pem');
    this.letConnect(fn, auroraUserOf(role));
  }

  /**
   * By the user's name alone: rights name a cluster by an id that no other ever has, so a restored cluster that takes over
   * this one's name (RUNBOOK.md) would let nobody in. What keeps clusters of an account apart is that each has its network.
   */
  private letConnect(fn: IngestFunction, user: string): void {
    const resourceName = `cluster-*/${user}`;
    const format = { service: 'rds-db', resource: 'dbuser', resourceName };
    const arn = Stack.of(this).formatArn({ ...format, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    fn.addToRolePolicy(new PolicyStatement({ actions: ['rds-db:connect'], resources: [arn] }));
    fn.explainWildcard(
      `arn:<AWS::Partition>:rds-db:<AWS::Region>:<AWS::AccountId>:dbuser:${resourceName}`,
      'A restored cluster has another id, which nobody can know before.',
    );
  }

  private createCluster({ aurora, retainData }: Settings): DatabaseCluster {
    const engine = DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_5 });
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
      deletionProtection: retainData,
      removalPolicy: retainData ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    });
    if (!retainData) {
      Validations.of(cluster).acknowledge({
        id: 'AwsSolutions::AwsSolutions-RDS10',
        reason: 'An environment whose data may go: all of it can be loaded again from the bucket.',
      });
    }
    return cluster;
  }

  /** Makes the users that functions log in as, through the Data API, which needs no way into the network. */
  private createRoles(): Trigger {
    const fn = new IngestFunction(this, 'CreateUsers', {
      entry: 'create-database-users',
      timeout: Duration.minutes(2),
    });
    const { clusterArn, secret } = this.cluster;
    if (!secret) throw new Error('RDS keeps no password of the administrator');
    new CfnOutput(this, 'AdminSecretArn', { value: secret.secretArn, description: 'For the Data API' });
    fn.setEnvironment('auroraArn', clusterArn);
    fn.setEnvironment('auroraAdminSecretArn', secret.secretArn);
    fn.setEnvironment('auroraDatabase', databaseName);
    fn.addToRolePolicy(
      new PolicyStatement({ actions: ['rds-data:ExecuteStatement'], resources: [clusterArn] }),
    );
    secret.grantRead(fn);
    const trigger = new Trigger(this, 'Users', { handler: fn, timeout: Duration.minutes(3) });
    trigger.executeAfter(this.cluster);
    return trigger;
  }
}
