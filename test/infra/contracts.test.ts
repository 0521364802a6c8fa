import { Match, Template } from 'aws-cdk-lib/assertions';
import { AuroraPostgresEngineVersion } from 'aws-cdk-lib/aws-rds';
import { describe, expect, test } from 'vitest';
import { auroraVersion } from '../../infra/constructs/aurora-database.ts';
import { ingestApp } from '../../infra/ingest-app.ts';
import { asText, templateOf } from '../support/template.ts';
import { variants } from '../support/variants.ts';

interface QueueProperties {
  readonly VisibilityTimeout: number;
  readonly ReceiveMessageWaitTimeSeconds?: number;
  readonly SqsManagedSseEnabled: boolean;
  readonly RedrivePolicy?: { readonly maxReceiveCount: number; readonly deadLetterTargetArn: unknown };
  readonly RedriveAllowPolicy?: { readonly redrivePermission: string; readonly sourceQueueArns?: unknown[] };
}

function only<T>(values: readonly T[]): T {
  expect(values).toHaveLength(1);
  return values[0] as T;
}

describe.each(variants)('%o', (variant) => {
  const stack = templateOf(variant);
  const { template } = stack;

  describe('the bucket of raw files', () => {
    test('keeps every version, private, encrypted, and over TLS only', () => {
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

    test('expires no raw file, and moves all versions of large ones to colder storage', () => {
      const { LifecycleConfiguration } = only(Object.values(stack.ofType('AWS::S3::Bucket')));
      const { Rules } = LifecycleConfiguration as { Rules: Record<string, unknown>[] };
      const ofAllObjects = Rules.filter(({ Prefix }) => Prefix === undefined);

      expect(
        ofAllObjects.filter((rule) => rule.ExpirationInDays || rule.NoncurrentVersionExpiration),
      ).toEqual([]);
      const rule = only(ofAllObjects.filter(({ Transitions }) => Transitions));
      expect(asText(rule.Transitions)).toContain('GLACIER_IR');
      expect(asText(rule.NoncurrentVersionTransitions)).toContain('GLACIER_IR');
      expect(Number(rule.ObjectSizeGreaterThan)).toBe(128 * 1024 - 1); // S3 leaves smaller objects where they are
      expect(ofAllObjects).toContainEqual({
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        Status: 'Enabled',
      });
    });

    test('takes uploads from the pages of this API, and from no other origin', () => {
      const { CorsConfiguration } = only(Object.values(stack.ofType('AWS::S3::Bucket')));
      const { CorsRules } = CorsConfiguration as { CorsRules: Record<string, unknown>[] };
      const rule = only(CorsRules);

      expect(rule.AllowedMethods).toEqual(['PUT']);
      expect((rule.AllowedOrigins as unknown[]).map(asText)).toEqual([
        expect.stringMatching(/^<ApiHttpApi.*ApiEndpoint>$/),
      ]);
    });

    test('notifies of every way an object can be created', () => {
      template.hasResourceProperties('Custom::S3BucketNotifications', {
        NotificationConfiguration: {
          LambdaFunctionConfigurations: [
            { Events: ['s3:ObjectCreated:*'], LambdaFunctionArn: Match.anyValue() },
          ],
        },
      });
    });
  });

  describe('the queues', () => {
    const queues = stack.ofType('AWS::SQS::Queue') as unknown as Record<string, QueueProperties>;

    test('are encrypted, and over TLS only', () => {
      expect(Object.keys(queues)).toHaveLength(3);
      for (const { SqsManagedSseEnabled } of Object.values(queues)) expect(SqsManagedSseEnabled).toBe(true);
      const policies = asText(Object.values(stack.ofType('AWS::SQS::QueuePolicy')));
      expect(policies.match(/"aws:SecureTransport":"false"/g)).toHaveLength(3);
    });

    test('hide a message for six times the function timeout, allow twelve receives, then move it to the dead-letter queue', () => {
      const mapping = only(Object.values(stack.ofType('AWS::Lambda::EventSourceMapping')));
      const worker = (mapping.FunctionName as { Ref: string }).Ref;
      const [queueId = ''] = (mapping.EventSourceArn as { 'Fn::GetAtt': string[] })['Fn::GetAtt'];
      const { Timeout } = stack.ofType('AWS::Lambda::Function')[worker] as { Timeout: number };
      const queue = queues[queueId] as QueueProperties;

      expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout);
      expect(queue.RedrivePolicy?.maxReceiveCount).toBe(12);
      expect(mapping).toMatchObject({
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: variant.env === 'prod' ? 10 : 5 },
      });
    });

    test('of dead-letter messages hide a message while a sweep may run, show it before the next, and retain it until it is found', () => {
      const failures = Object.values(queues).filter((queue) => queue.RedriveAllowPolicy);
      const [, sweep] = only(
        Object.entries(stack.ofType('AWS::Lambda::Function')).filter(([id]) => /^Sweep[0-9A-F]{8}$/.test(id)),
      );
      const { ScheduleExpression } = only(Object.values(stack.ofType('AWS::Scheduler::Schedule')));

      expect(ScheduleExpression).toBe('rate(5 minutes)');
      expect(failures).toHaveLength(2);
      for (const { VisibilityTimeout, ReceiveMessageWaitTimeSeconds } of failures) {
        expect(VisibilityTimeout).toBeGreaterThanOrEqual(sweep.Timeout as number);
        expect(VisibilityTimeout).toBeLessThan(5 * 60);
        expect(ReceiveMessageWaitTimeSeconds).toBeGreaterThan(0);
      }
    });

    test('let no other queue redrive into the dead-letter queue and the failure destination', () => {
      const allowed = Object.values(queues).flatMap(({ RedriveAllowPolicy: policy }) =>
        policy ? [policy] : [],
      );

      expect(allowed.map(({ redrivePermission }) => redrivePermission).sort()).toEqual([
        'byQueue',
        'denyAll',
      ]);
      const source = asText(allowed.flatMap(({ sourceQueueArns = [] }) => sourceQueueArns)[0]);
      expect(source).toMatch(new RegExp(`:sqs:.*:SmtIngest-${variant.env}-normalize$`));
    });
  });

  describe('the functions', () => {
    test('run on Node 24 on arm64, and log as JSON into a group with a retention', () => {
      const ours = Object.values(stack.ofType('AWS::Lambda::Function')).filter(
        ({ LoggingConfig }) => LoggingConfig !== undefined,
      );

      expect(ours.length).toBeGreaterThanOrEqual(11);
      for (const properties of ours) {
        expect(properties).toMatchObject({
          Runtime: 'nodejs24.x',
          Architectures: ['arm64'],
          LoggingConfig: { LogFormat: 'JSON' },
          RecursiveLoop: 'Terminate',
        });
      }
      for (const { RetentionInDays } of Object.values(stack.ofType('AWS::Logs::LogGroup'))) {
        expect(RetentionInDays).toBe(variant.env === 'prod' ? 365 : 30);
      }
    });

    test('are invoked three times for an S3 event, which then goes to the failure destination', () => {
      template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
        MaximumRetryAttempts: 2,
        DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
      });
    });

    test('are not retried for a failed sweep, since the next run is scheduled', () => {
      const configs = Object.values(stack.ofType('AWS::Lambda::EventInvokeConfig'));
      const sweep = only(configs.filter(({ FunctionName }) => /^<Sweep/.test(asText(FunctionName))));
      const { Target } = only(Object.values(stack.ofType('AWS::Scheduler::Schedule')));

      expect(sweep).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 300 });
      expect(Target).toMatchObject({ RetryPolicy: { MaximumRetryAttempts: 0 } });
    });

    test('that use the database are created after its migration', () => {
      const migrations = Object.entries(stack.ofType('Custom::Trigger')).filter(([id]) =>
        id.includes('Migration'),
      );
      const [migration] = only(migrations);
      const users = Object.entries(stack.resources).filter(([, { Type, Properties }]) =>
        Type === 'AWS::Lambda::Function'
          ? /"DATABASE_ROLE":"(writer|reader)"/.test(asText(Properties))
          : false,
      );

      expect(users.length).toBeGreaterThanOrEqual(7);
      for (const [, resource] of users) {
        expect((resource as unknown as { DependsOn: string[] }).DependsOn).toContain(migration);
      }
    });
  });

  test('bounds and logs the requests of the API', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      DefaultRouteSettings: {
        ThrottlingBurstLimit: Match.anyValue(),
        ThrottlingRateLimit: Match.anyValue(),
      },
      AccessLogSettings: Match.anyValue(),
    });
  });

  test('retains what cannot be recreated if the environment says so, and nothing otherwise', () => {
    const kept = [
      'AWS::S3::Bucket',
      'AWS::SecretsManager::Secret',
      'AWS::Logs::LogGroup',
      'AWS::RDS::DBCluster',
    ];
    const policies = Object.values(stack.resources)
      .filter(({ Type }) => kept.includes(Type))
      .map(({ Type, DeletionPolicy }) => `${Type} ${DeletionPolicy}`);

    for (const policy of new Set(policies)) {
      expect(policy).toMatch(variant.env === 'prod' ? /(RetainExceptOnCreate|Snapshot)$/ : /Delete$/);
    }
  });

  test('outputs what an operator needs after a deployment, and no secret', () => {
    const outputs = Object.keys(template.toJSON().Outputs).map((id) => id.replace(/[0-9A-F]{8}$/, ''));

    expect(outputs).toEqual(
      expect.arrayContaining([
        ...['ApiUrl', 'RawFilesName', 'AdminTokenSecretArn', 'AnnouncementsTopicArn', 'PgpKeysSecretArn'],
        ...['ToNormalizeUrl', 'ToNormalizeDeadLettersUrl', 'RegisterFailuresUrl', 'MonitoringAlarmsTopicArn'],
        ...['MigrateFunction', 'RegisterFunction', 'NormalizeFunction', 'SweepFunction'],
      ]),
    );
    expect(asText(template.toJSON().Outputs)).not.toMatch(/password|{{resolve/i);
  });

  test('is tagged', () => {
    const { Tags } = only(Object.values(stack.ofType('AWS::S3::Bucket')));

    expect(Tags).toEqual(
      expect.arrayContaining([
        { Key: 'service', Value: 'smt-ingest' },
        { Key: 'environment', Value: variant.env },
      ]),
    );
  });
});

describe('an existing database', () => {
  test.each(['dev', 'prod'] as const)('needs no VPC of its own, in %s', (env) => {
    const stack = templateOf({ env, database: 'existing' });

    expect(Object.values(stack.resources).filter(({ Type }) => /^AWS::(EC2|RDS)::/.test(Type))).toEqual([]);
    expect(Object.keys(stack.template.toJSON().Parameters)).toContain('DatabaseSecretArn');
  });

  test.each([true, false])(
    'may be in a VPC, where every function that uses it is placed; dual-stack: %s',
    (dualStack) => {
      const vpc = {
        subnetIds: ['subnet-0123456789abcdef0'],
        securityGroupIds: ['sg-0123456789abcdef0'],
        dualStack,
      };
      const template = Template.fromStack(
        ingestApp({ context: { 'aws:cdk:bundling-stacks': [] } }, { vpc }).stack,
      );

      const functions = Object.values(template.findResources('AWS::Lambda::Function'));
      const users = functions.filter(({ Properties }) => asText(Properties).includes('DATABASE_SECRET_ARN'));
      expect(users.length).toBeGreaterThanOrEqual(8);
      for (const { Properties } of users) {
        expect(Properties.VpcConfig).toEqual({
          SubnetIds: vpc.subnetIds,
          SecurityGroupIds: vpc.securityGroupIds,
          ...(dualStack ? { Ipv6AllowedForDualStack: true } : {}),
        });
        expect('AWS_USE_DUALSTACK_ENDPOINT' in Properties.Environment.Variables).toBe(dualStack);
      }
    },
  );
});

describe('our own database', () => {
  test.each([
    ['dev', 0, 4, 1],
    ['prod', 0.5, 16, 14],
  ] as const)('is PostgreSQL 17, encrypted, backed up, and entered by IAM over TLS, in %s', (...expected) => {
    const [env, MinCapacity, MaxCapacity, BackupRetentionPeriod] = expected;
    const { template } = templateOf({ env, database: 'aurora' });

    template.hasResourceProperties('AWS::RDS::DBCluster', {
      Engine: 'aurora-postgresql',
      EngineVersion: Match.stringLikeRegexp('^17\\.'),
      EnableIAMDatabaseAuthentication: true,
      ManageMasterUserPassword: true,
      StorageEncrypted: true,
      ServerlessV2ScalingConfiguration: { MinCapacity, MaxCapacity },
      DeletionProtection: Match.absent(), // it would block the rollback of a failed first deployment
      BackupRetentionPeriod,
      NetworkType: 'DUAL',
    });
    template.hasResourceProperties('AWS::RDS::DBClusterParameterGroup', {
      Parameters: Match.objectLike({ 'rds.force_ssl': '1' }),
    });
  });

  test('runs the newest version of its major one that the CDK knows', () => {
    const known = Object.values(AuroraPostgresEngineVersion).flatMap((version) =>
      version instanceof AuroraPostgresEngineVersion ? [version.auroraPostgresFullVersion] : [],
    );
    const minors = known.flatMap((version) => /^17\.(\d+)$/.exec(version)?.[1] ?? []).map(Number);

    expect(auroraVersion.auroraPostgresFullVersion).toBe(`17.${Math.max(...minors)}`);
  });

  test('is not reachable from outside, and functions reach AWS over IPv6 without a NAT gateway', () => {
    const stack = templateOf({ env: 'prod', database: 'aurora' });

    expect(stack.ofType('AWS::EC2::NatGateway')).toEqual({});
    expect(stack.ofType('AWS::EC2::InternetGateway')).toEqual({});
    expect(Object.keys(stack.ofType('AWS::EC2::EgressOnlyInternetGateway'))).toHaveLength(1);
    const instance = only(Object.values(stack.ofType('AWS::RDS::DBInstance')));
    expect(instance.PubliclyAccessible).not.toBe(true);
    const ingress = only(Object.values(stack.ofType('AWS::EC2::SecurityGroupIngress')));
    expect(ingress).toMatchObject({ IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432 });
    expect(ingress.CidrIp).toBeUndefined();
    for (const properties of Object.values(stack.ofType('AWS::Lambda::Function'))) {
      if (!asText(properties).includes('DATABASE_ENDPOINT')) continue;
      expect(properties.VpcConfig).toMatchObject({ Ipv6AllowedForDualStack: true });
      expect(asText(properties.Environment)).toContain('"AWS_USE_DUALSTACK_ENDPOINT":"true"');
    }
  });
});
