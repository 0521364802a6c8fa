import { Duration, Stack, Validations } from 'aws-cdk-lib';
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
import { removalPolicyOf } from './removal-policy.ts';

export interface IngestFunctionProps {
  /** Folder below functions/ whose handler.ts is bundled. */
  readonly entry: string;
  readonly memorySizeMb?: number;
  readonly timeout?: Duration;
  /** Reserved concurrency: the maximum for this function, which no other can use. Null or absent reserves nothing. */
  readonly maxConcurrency?: number | null;
  /** Adds files to the folder of the bundle. */
  readonly addToBundle?: (bundleDir: string) => void;
}

/** Subnets and security groups of a function in a VPC. */
export interface Placement {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  /** Gives its network interfaces IPv6 addresses. */
  readonly dualStack: boolean;
}

/** A Lambda function of this system: Node 24 on arm64, ESM bundled with all it runs on. */
export class IngestFunction extends LambdaFunction {
  /** Its folder below functions/, and the `service` in its logs. */
  readonly entry: string;
  readonly memorySizeMb: number;
  /** Its timeout. */
  readonly maxDuration: Duration;

  constructor(scope: Construct, id: string, props: IngestFunctionProps) {
    const settings = settingsOf(scope);
    const { memorySizeMb = 256, timeout = Duration.seconds(29) } = props; // API Gateway waits for 30 s
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: settings.logRetentionDays,
      removalPolicy: removalPolicyOf(settings),
    });
    // CDK's own role for a function could write to every log group of the account.
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    super(scope, id, {
      code: codeOf(scope, props),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memorySizeMb,
      timeout,
      ...(props.maxConcurrency ? { reservedConcurrentExecutions: props.maxConcurrency } : {}),
      environment: { POWERTOOLS_SERVICE_NAME: props.entry },
      loggingFormat: LoggingFormat.JSON,
      recursiveLoop: RecursiveLoop.TERMINATE,
      logGroup,
      role,
    });
    this.entry = props.entry;
    this.memorySizeMb = memorySizeMb;
    this.maxDuration = timeout;
    Validations.of(this).acknowledge(
      {
        id: 'Serverless::Serverless-LambdaDLQ',
        reason:
          'No invocation is lost: S3 events have a failure destination, messages a dead-letter queue, requests a caller who ' +
          'gets an error, and the sweep runs again.',
      },
      {
        id: 'Serverless::Serverless-LambdaTracing',
        reason: 'One hop from event to database, which the logs show by file and request id without X-Ray.',
      },
    );
  }

  /** Sets an environment variable by the key that the code reads it by. */
  setEnvironment(key: EnvironmentKey, value: string): void {
    this.addEnvironment(environmentNames[key], value);
  }

  /** Adds a statement to the function's role. The construct that owns a resource calls this with exactly what its use needs. */
  allow(actions: readonly string[], resources: readonly string[]): void {
    this.addToRolePolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }));
  }

  /** Places the function in subnets, and lets Lambda manage the network interfaces for it. */
  placeIn({ subnetIds, securityGroupIds, dualStack }: Placement): void {
    const resource = this.node.defaultChild as CfnFunction;
    resource.vpcConfig = {
      subnetIds: [...subnetIds],
      securityGroupIds: [...securityGroupIds],
      ...(dualStack ? { ipv6AllowedForDualStack: true } : {}),
    };
    this.allow(
      [
        ...['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'],
        ...['ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
      ],
      ['*'],
    );
    this.explainWildcard(
      '*',
      'The names of network interfaces that Lambda creates cannot be known beforehand.',
    );
  }

  /** Has the SDK use the endpoints that also have IPv6 addresses. */
  useDualStackEndpoints(): void {
    this.addEnvironment('AWS_USE_DUALSTACK_ENDPOINT', 'true');
  }

  /** Records, for reviewers and the policy checks, why a resource of the function's role ends in a wildcard. */
  explainWildcard(resource: string, reason: string): void {
    if (!this.role) return;
    Validations.of(this.role).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${resource}]`,
      reason,
    });
  }
}

/** The bundle, or the bare source where the template alone is of interest. */
function codeOf(scope: Construct, { entry, addToBundle }: IngestFunctionProps): Code {
  if (!Stack.of(scope).bundlingRequired) return Code.fromAsset(sourceOf(entry));
  const bundleDir = bundleOf(entry);
  addToBundle?.(bundleDir);
  return Code.fromAsset(bundleDir);
}
