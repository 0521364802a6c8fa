import { RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  IpProtocol,
  type IVpc,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';
import type { IngestFunction } from './ingest-function.ts';

/**
 * Where a database and the functions that use it meet. Dual-stack: functions reach AWS over IPv6 through an egress-only
 * internet gateway, which costs nothing, where a NAT gateway would cost more than all the rest of a small installation.
 */
export class IngestNetwork extends Construct {
  readonly vpc: IVpc;
  readonly functions: SecurityGroup;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const vpc = new Vpc(this, 'Vpc', {
      ipProtocol: IpProtocol.DUAL_STACK,
      maxAzs: 2,
      natGateways: 0,
      createInternetGateway: false, // nothing here is to be reached from outside
      restrictDefaultSecurityGroup: true,
      subnetConfiguration: [
        { name: 'Functions', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
        { name: 'Database', subnetType: SubnetType.PRIVATE_ISOLATED },
      ],
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
      flowLogs: {
        Rejected: {
          trafficType: FlowLogTrafficType.REJECT,
          destination: FlowLogDestination.toCloudWatchLogs(
            new LogGroup(this, 'RejectedTraffic', {
              retention: settings.logRetentionDays,
              removalPolicy: settings.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
            }),
          ),
        },
      },
    });
    this.vpc = vpc as IVpc; // CDK's own class lacks an undefined that its interface has
    this.functions = new SecurityGroup(this, 'FunctionsGroup', {
      vpc: this.vpc,
      description: 'smt-ingest: functions that use the database',
      allowAllOutbound: true,
      allowAllIpv6Outbound: true,
    });
  }

  /** Moves a function into the network. Its SDK then asks for the endpoints that answer over IPv6. */
  hosts(fn: IngestFunction): void {
    fn.placeIn(this.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_WITH_EGRESS }), this.functions);
    fn.addEnvironment('AWS_USE_DUALSTACK_ENDPOINT', 'true');
  }
}
