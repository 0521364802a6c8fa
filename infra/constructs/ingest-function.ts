import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { ISecurityGroup, SelectedSubnets } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type EnvironmentKey, environmentNames } from '../../shared/environment.ts';
import { bundleOf, sourceOf } from '../bundle.ts';
import { settingsOf } from '../config/settings.ts';

export interface IngestFunctionProps {
  /** Folder below functions/ whose handler.ts is bundled. */
  readonly entry: string;
  readonly memorySizeMb?: number;
  readonly timeout?: Duration;
  /** Reserved: no more run at once, and no other function can take them. */
  readonly maxConcurrency?: number | null;
  /** Adds files to the bundle's folder, which it is given. */
  readonly addToBundle?: (bundleDir: string) => void;
}

/** A Lambda of this system: Node 24 on arm64, ESM bundled with all it runs on. */
export class IngestFunction extends LambdaFunction {
  /** Its folder below functions/, and the `service` in its logs. */
  readonly entry: string;
  readonly memorySizeMb: number;

  constructor(scope: Construct, id: string, props: IngestFunctionProps) {
    const { logRetentionDays, retainData } = settingsOf(scope);
    const memorySizeMb = props.memorySizeMb ?? 256;
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: logRetentionDays,
      removalPolicy: retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    // Of its own, since the one CDK makes may write to every log group of the account.
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    super(scope, id, {
      code: codeOf(scope, props),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memorySizeMb,
      timeout: props.timeout ?? Duration.seconds(29), // API Gateway waits 30 s
      ...(props.maxConcurrency ? { reservedConcurrentExecutions: props.maxConcurrency } : {}),
      environment: { POWERTOOLS_SERVICE_NAME: props.entry },
      loggingFormat: LoggingFormat.JSON,
      recursiveLoop: RecursiveLoop.TERMINATE,
      logGroup,
      role,
    });
    this.entry = props.entry;
    this.memorySizeMb = memorySizeMb;
    Validations.of(this).acknowledge(
      {
        id: 'Serverless::Serverless-LambdaDLQ',
        reason:
          'Nothing is lost with an invocation: S3 events have a failure queue as their destination, messages a ' +
          'dead-letter queue, requests a caller who is told, and the sweep runs again.',
      },
      {
        id: 'Serverless::Serverless-LambdaTracing',
        reason:
          'One hop from event to database: the logs, tied by file and request id, show it without X-Ray.',
      },
    );
  }

  /** Sets a variable by the key that the functions read it by. */
  setEnvironment(key: EnvironmentKey, value: string): void {
    this.addEnvironment(environmentNames[key], value);
  }

  /** Moves the function into a network; it may then make and remove its network interfaces. */
  placeIn(subnets: SelectedSubnets, group: ISecurityGroup): void {
    const resource = this.node.defaultChild as CfnFunction;
    resource.vpcConfig = {
      subnetIds: subnets.subnetIds,
      securityGroupIds: [group.securityGroupId],
      ipv6AllowedForDualStack: true,
    };
    this.addToRolePolicy(
      new PolicyStatement({
        actions: [
          ...['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'],
          ...['ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
        ],
        resources: ['*'],
      }),
    );
    this.explainWildcard(
      '*',
      'Lambda makes the network interfaces, under names that nobody can know before.',
    );
    this.node.addDependency(subnets.internetConnectivityEstablished);
  }

  /** Says, for reviewers and judges, why the function's role has a resource that ends in a wildcard. */
  explainWildcard(resource: string, reason: string): void {
    if (!this.role) return;
    Validations.of(this.role).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${resource}]`,
      reason,
    });
  }
}

/** The bundle, or the bare source where the stack is only looked at and not deployed. */
function codeOf(scope: Construct, { entry, addToBundle }: IngestFunctionProps): Code {
  if (!Stack.of(scope).bundlingRequired) return Code.fromAsset(sourceOf(entry));
  const bundleDir = bundleOf(entry);
  addToBundle?.(bundleDir);
  return Code.fromAsset(bundleDir);
}
