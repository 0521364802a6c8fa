import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { ingestApp } from '../../infra/ingest-app.ts';

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Effect: string;
}

let template: Template;
let resources: Record<string, Resource>;

beforeAll(() => {
  // No stack is bundled: what is asserted here is the template, not the code.
  template = Template.fromStack(ingestApp({ context: { env: 'prod', 'aws:cdk:bundling-stacks': [] } }).stack);
  resources = template.toJSON().Resources;
});

/** All policy statements of a function's role, by the function's construct name. */
function statementsOf(name: string): Statement[] {
  return Object.entries(resources)
    .filter(([id, { Type }]) => Type === 'AWS::IAM::Policy' && id.startsWith(`${name}RoleDefaultPolicy`))
    .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement);
}

function actionsOf(name: string): string[] {
  return [...new Set(statementsOf(name).flatMap(({ Action }) => Action))].sort();
}

function only<T>(values: T[]): T {
  expect(values).toHaveLength(1);
  return values[0] as T;
}

describe('the bucket of raw files', () => {
  it('keeps every version, private, encrypted, and over TLS only', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: Match.anyValue(),
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      }),
    });
  });

  it('outlives the stack', () => {
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain' });
  });

  it('announces every way an object can come to be', () => {
    template.hasResourceProperties('Custom::S3BucketNotifications', {
      NotificationConfiguration: {
        LambdaFunctionConfigurations: [
          { Events: ['s3:ObjectCreated:*'], LambdaFunctionArn: Match.anyValue() },
        ],
      },
    });
  });
});

describe('the normalize queue', () => {
  it('hides a message six times as long as its worker may take, and gives up into the dead-letter queue', () => {
    const mapping = only(Object.values(template.findResources('AWS::Lambda::EventSourceMapping')));
    const worker = mapping.Properties.FunctionName.Ref as string;
    const queue = mapping.Properties.EventSourceArn['Fn::GetAtt'][0] as string;
    const { VisibilityTimeout, RedrivePolicy } = (resources[queue] as Resource).Properties as {
      VisibilityTimeout: number;
      RedrivePolicy: { maxReceiveCount: number };
    };

    expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * (resources[worker]?.Properties.Timeout as number));
    expect(RedrivePolicy.maxReceiveCount).toBeGreaterThanOrEqual(5);
  });

  it('takes back single messages of a batch, and bounds its workers', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: Match.anyValue() },
    });
  });

  it('is encrypted, as every queue is', () => {
    const queues = Object.values(template.findResources('AWS::SQS::Queue'));

    expect(queues.length).toBeGreaterThanOrEqual(3);
    for (const { Properties } of queues) expect(Properties.SqsManagedSseEnabled).toBe(true);
  });
});

describe('register', () => {
  it('is tried three times, then its event goes to the failure queue', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    });
  });
});

describe('least privilege', () => {
  it('lets raw-upload put below its prefix, read its secrets, and do nothing else', () => {
    expect(actionsOf('RawUpload')).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:PutObject',
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
    ]);
    const put = statementsOf('RawUpload').filter(({ Action }) => Action === 's3:PutObject');
    expect(JSON.stringify(only(put).Resource)).toContain('/uploads/*');
  });

  it('lets normalize read objects and take messages, and write nothing to the bucket', () => {
    const actions = actionsOf('Normalize');

    expect(actions).toContain('s3:GetObjectVersion');
    expect(actions).toContain('sqs:DeleteMessage');
    expect(actions.filter((action) => /^s3:(Put|Delete)/.test(action))).toEqual([]);
    expect(actions).not.toContain('sqs:SendMessage');
  });

  it('lets register read objects and send messages, not take them', () => {
    const actions = actionsOf('Register');

    expect(actions).toContain('s3:GetObjectVersion');
    expect(actions).toContain('sqs:SendMessage');
    expect(actions).not.toContain('sqs:ReceiveMessage');
    expect(actions.filter((action) => /^s3:(Put|Delete)/.test(action))).toEqual([]);
  });

  it('names no action by a wildcard', () => {
    const policies = Object.values(template.findResources('AWS::IAM::Policy'));
    const ours = policies.filter(
      ({ Properties }) => !JSON.stringify(Properties.Roles).includes('NotificationsHandler'),
    );
    const actions = ours.flatMap(({ Properties }) =>
      (Properties.PolicyDocument.Statement as Statement[]).flatMap((s) => s.Action),
    );

    expect(actions.filter((action) => action.endsWith('*'))).toEqual([]);
  });
});

describe('the functions', () => {
  it('run on Node 24 on arm64, with no secret in their environment', () => {
    const functions = Object.values(template.findResources('AWS::Lambda::Function')).filter(
      ({ Properties }) => Properties.Environment?.Variables?.POWERTOOLS_SERVICE_NAME,
    );

    expect(functions.length).toBeGreaterThanOrEqual(5);
    for (const { Properties } of functions) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      expect(JSON.stringify(Properties.Environment)).not.toMatch(/postgres:|password/i);
    }
  });
});
