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
import { removalPolicyOf } from './removal-policy.ts';

/**
 * The VPC of Aurora and the functions that use it. Dual-stack: functions reach AWS over IPv6 through an egress-only internet
 * gateway, which is free; a NAT gateway would cost more than the rest of a small installation.
 */
export class IngestNetwork extends Construct {
  readonly vpc: IVpc;
  readonly functions: SecurityGroup;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const { availabilityZones } = settings.aurora;
    const vpc = new Vpc(this, 'Vpc', {
      ipProtocol: IpProtocol.DUAL_STACK,
      ...(availabilityZones ? { availabilityZones } : { maxAzs: 2 }),
      natGateways: 0,
      createInternetGateway: false, // nothing in here is reachable from outside
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
              removalPolicy: removalPolicyOf(settings),
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

  /** Places a function in the VPC, from where its SDK reaches AWS over IPv6. */
  place(fn: IngestFunction): void {
    const subnets = this.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_WITH_EGRESS });
    const securityGroupIds = [this.functions.securityGroupId];
    fn.placeIn({ subnetIds: subnets.subnetIds, securityGroupIds, dualStack: true });
    fn.node.addDependency(subnets.internetConnectivityEstablished);
    fn.useDualStackEndpoints();
  }
}
