import type { Resource } from './assembly.ts';

/** The values of `Ref` and `Fn::GetAtt` for a resource of the local run. */
export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The account, region and endpoints that the local run simulates. */
export interface LocalAccount {
  readonly stackName: string;
  readonly region: string;
  readonly accountId: string;
  /** Base URL of the queues, as in `http://127.0.0.1:4566`. */
  readonly queueEndpoint: string;
  /** Base URL of the HTTP API. */
  readonly apiUrl: string;
  /** Suffix of bucket names, which are globally unique; a database may also hold the buckets of other local stacks. */
  readonly bucketSuffix: string;
  /** Host of Aurora, for a stack that has one. */
  readonly databaseHost?: string;
}

type Identify = (logicalId: string, properties: Record<string, unknown>, account: LocalAccount) => Identity;

const maxNameLength = 63; // a bucket's; no other kind of resource allows less

/** A name given in the template as plain text, or else one made of the stack's and the resource's. */
function nameOf(given: unknown, logicalId: string, { stackName }: LocalAccount): string {
  if (typeof given === 'string') return given;
  // A logical id ends in a hash, so that the end alone distinguishes two long ones.
  const rest = logicalId.slice(-(maxNameLength - stackName.length - 1));
  return `${stackName}-${rest}`;
}

const identities: Readonly<Record<string, Identify>> = {
  'AWS::S3::Bucket': (id, { BucketName }, account) => {
    const name = nameOf(BucketName, `${id}-${account.bucketSuffix}`, account).toLowerCase();
    return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}` } };
  },
  'AWS::SQS::Queue': (id, { QueueName }, account) => {
    const name = nameOf(QueueName, id, account);
    const url = `${account.queueEndpoint}/${account.accountId}/${name}`;
    const arn = `arn:aws:sqs:${account.region}:${account.accountId}:${name}`;
    return { ref: url, attributes: { Arn: arn, QueueName: name, QueueUrl: url } };
  },
  'AWS::SNS::Topic': (id, { TopicName }, account) => {
    const name = nameOf(TopicName, id, account);
    const arn = `arn:aws:sns:${account.region}:${account.accountId}:${name}`;
    return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
  },
  'AWS::Lambda::Function': (id, { FunctionName }, account) => {
    const name = nameOf(FunctionName, id, account);
    return {
      ref: name,
      attributes: { Arn: `arn:aws:lambda:${account.region}:${account.accountId}:function:${name}` },
    };
  },
  'AWS::SecretsManager::Secret': (id, { Name }, account) => {
    const arn = `arn:aws:secretsmanager:${account.region}:${account.accountId}:secret:${nameOf(Name, id, account)}-local0`;
    return { ref: arn, attributes: { Id: arn } };
  },
  'AWS::ApiGatewayV2::Api': (id, _, { apiUrl }) => ({
    ref: id.toLowerCase(),
    attributes: { ApiEndpoint: apiUrl, ApiId: id.toLowerCase() },
  }),
  'AWS::ApiGatewayV2::Integration': (id) => ({ ref: id, attributes: { IntegrationId: id } }),
  'AWS::ApiGatewayV2::Authorizer': (id) => ({ ref: id, attributes: { AuthorizerId: id } }),
  'AWS::ApiGatewayV2::Stage': (id, { StageName }) => ({ ref: String(StageName ?? id), attributes: {} }),
  'AWS::IAM::Role': (id, { RoleName }, account) => {
    const name = nameOf(RoleName, id, account);
    return { ref: name, attributes: { Arn: `arn:aws:iam::${account.accountId}:role/${name}` } };
  },
  'AWS::RDS::DBCluster': (id, _, account) => {
    const name = nameOf(undefined, id, account).toLowerCase();
    const secretArn = `arn:aws:secretsmanager:${account.region}:${account.accountId}:secret:rds!${name}-local0`;
    const host = account.databaseHost;
    return {
      ref: name,
      attributes: { 'MasterUserSecret.SecretArn': secretArn, ...(host && { 'Endpoint.Address': host }) },
    };
  },
  'AWS::Logs::LogGroup': (id, { LogGroupName }, account) => {
    const name = nameOf(LogGroupName, id, account);
    const arn = `arn:aws:logs:${account.region}:${account.accountId}:log-group:${name}:*`;
    return { ref: name, attributes: { Arn: arn } };
  },
  'AWS::Scheduler::ScheduleGroup': (id, _, account) => ({
    ref: nameOf(undefined, id, account),
    attributes: {},
  }),
};

/** The identity of a resource, or undefined for a type that the local run has no values for. */
export function identify(logicalId: string, resource: Resource, account: LocalAccount): Identity | undefined {
  return identities[resource.Type]?.(logicalId, { ...resource.Properties }, account);
}
