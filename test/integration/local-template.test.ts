// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are CloudFormation's
import { expect, test } from 'vitest';
import { describeStack } from '../../infra/local/template/describe.ts';
import { functionResource, testAccount, writeAssembly } from '../support/local-assembly.ts';

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const code = { worker: 'export const handler = async () => {};' };

const queues = {
  WorkA1B2C3D4: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      VisibilityTimeout: 90,
      RedrivePolicy: { deadLetterTargetArn: arnOf('DeadE5F60718'), maxReceiveCount: 3 },
    },
  },
  DeadE5F60718: { Type: 'AWS::SQS::Queue' },
};

test('references in variables become the local names, and durations are scaled', async () => {
  const assemblyDir = await writeAssembly({
    parameters: { SecretArn: { Type: 'String' } },
    resources: {
      ...queues,
      Files: { Type: 'AWS::S3::Bucket', Properties: { VersioningConfiguration: { Status: 'Enabled' } } },
      Worker0A1B2C3D: functionResource('worker', {
        Timeout: 30,
        Environment: {
          Variables: {
            GRACE_SECONDS: '600',
            QUEUE: { Ref: 'WorkA1B2C3D4' },
            BUCKET: { Ref: 'Files' },
            SECRET: { Ref: 'SecretArn' },
            JOINED: { 'Fn::Join': [':', ['arn', { Ref: 'AWS::Partition' }, arnOf('Files')]] },
            SUBSTITUTED: { 'Fn::Sub': ['${AWS::Region}/${Files.Arn}/${Own}/${!Kept}', { Own: 'x' }] },
            SELECTED: { 'Fn::Select': [5, { 'Fn::Split': [':', arnOf('WorkA1B2C3D4')] }] },
          },
        },
      }),
    },
    code,
  });

  const { functions, queues: described } = await describeStack({
    assemblyDir,
    account: testAccount,
    parameters: { SecretArn: 'arn:aws:secretsmanager:local' },
    timeScale: 0.1,
  });

  expect(functions).toMatchObject([
    {
      name: 'Worker',
      timeoutMs: 3_000,
      environment: {
        GRACE_SECONDS: '60',
        QUEUE: 'http://127.0.0.1:4566/000000000000/Test-WorkA1B2C3D4',
        BUCKET: 'test-files-test',
        SECRET: 'arn:aws:secretsmanager:local',
        JOINED: 'arn:aws:arn:aws:s3:::test-files-test',
        SUBSTITUTED: 'us-east-1/arn:aws:s3:::test-files-test/x/${Kept}',
        SELECTED: 'Test-WorkA1B2C3D4',
      },
    },
  ]);
  expect(described[0]).toMatchObject({
    visibilityTimeoutMs: 9_000,
    redrive: { deadLetterArn: described[1]?.arn, maxReceiveCount: 3 },
  });
});

test('triggers of functions are found: bucket events, queues, schedules, routes and the migration', async () => {
  const assemblyDir = await writeAssembly({
    resources: {
      ...queues,
      Files: { Type: 'AWS::S3::Bucket', Properties: { VersioningConfiguration: { Status: 'Enabled' } } },
      Worker: functionResource('worker'),
      WorkerVersion: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Worker' } } },
      Provider: functionResource('worker'),
      Events: {
        Type: 'Custom::S3BucketNotifications',
        Properties: {
          ServiceToken: arnOf('Provider'),
          BucketName: { Ref: 'Files' },
          NotificationConfiguration: {
            LambdaFunctionConfigurations: [
              {
                Events: ['s3:ObjectCreated:*'],
                LambdaFunctionArn: arnOf('Worker'),
                Filter: { Key: { FilterRules: [{ Name: 'suffix', Value: '.csv' }] } },
              },
            ],
          },
        },
      },
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: arnOf('WorkA1B2C3D4'),
          FunctionName: { Ref: 'Worker' },
          BatchSize: 4,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          ScalingConfig: { MaximumConcurrency: 2 },
        },
      },
      Async: {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: {
          FunctionName: { Ref: 'Worker' },
          Qualifier: '$LATEST',
          MaximumRetryAttempts: 1,
          DestinationConfig: { OnFailure: { Destination: arnOf('DeadE5F60718') } },
        },
      },
      Nightly: {
        Type: 'AWS::Scheduler::Schedule',
        Properties: {
          FlexibleTimeWindow: { Mode: 'OFF' },
          ScheduleExpression: 'rate(5 minutes)',
          Target: { Arn: arnOf('Worker'), RoleArn: 'arn:role', Input: '{"full":true}' },
        },
      },
      Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'Api', ProtocolType: 'HTTP' } },
      Integration: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: {
          ApiId: { Ref: 'Api' },
          IntegrationType: 'AWS_PROXY',
          IntegrationUri: arnOf('Worker'),
          PayloadFormatVersion: '2.0',
        },
      },
      Route: {
        Type: 'AWS::ApiGatewayV2::Route',
        Properties: {
          ApiId: { Ref: 'Api' },
          RouteKey: 'GET /files/{id}',
          AuthorizationType: 'NONE',
          Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
        },
      },
      Migration: {
        Type: 'Custom::Trigger',
        Properties: {
          ServiceToken: arnOf('Provider'),
          HandlerArn: { Ref: 'WorkerVersion' },
          Timeout: '1000',
        },
      },
    },
    code,
  });

  const stack = await describeStack({ assemblyDir, account: testAccount });

  expect(stack.functions.map(({ name }) => name)).toEqual(['Worker']);
  expect(stack.notifications).toMatchObject([{ functionId: 'Worker', prefix: '', suffix: '.csv' }]);
  expect(stack.eventSources).toMatchObject([
    { functionId: 'Worker', batchSize: 4, maxConcurrency: 2, reportsBatchItemFailures: true },
  ]);
  expect(stack.asyncConfigs).toMatchObject([
    { functionId: 'Worker', maxRetryAttempts: 1, onFailureQueueArn: stack.queues[1]?.arn },
  ]);
  expect(stack.schedules).toMatchObject([{ functionId: 'Worker', rateMs: 300_000, payload: { full: true } }]);
  expect(stack.routes).toMatchObject([{ routeKey: 'GET /files/{id}', functionId: 'Worker' }]);
  expect(stack.triggers).toEqual(['Worker']);
});

test.each([
  [
    'a variable that refers to something without a local value',
    {
      Worker: functionResource('worker', {
        Environment: { Variables: { HOST: { 'Fn::GetAtt': ['Db', 'Endpoint'] } } },
      }),
    },
    'Worker (AWS::Lambda::Function) Environment.Variables.HOST: Endpoint of Db',
  ],
  [
    'a variable that holds the text of a secret',
    {
      Worker: functionResource('worker', {
        Environment: { Variables: { TOKEN: '{{resolve:secretsmanager:x}}' } },
      }),
    },
    'TOKEN',
  ],
  [
    'a parameter without a value',
    { Worker: functionResource('worker', { Environment: { Variables: { ARN: { Ref: 'SecretArn' } } } }) },
    'the parameter SecretArn has no value',
  ],
  [
    'a property that it would ignore',
    { Worker: functionResource('worker', { Layers: ['arn:layer'] }) },
    'Worker (AWS::Lambda::Function): the local run does not support the property Layers',
  ],
  [
    'a type of resource that it does not know',
    { Steps: { Type: 'AWS::StepFunctions::StateMachine', Properties: {} } },
    'Steps (AWS::StepFunctions::StateMachine)',
  ],
  [
    'an intrinsic function that it does not know',
    { Worker: functionResource('worker', { Environment: { Variables: { X: { 'Fn::ImportValue': 'y' } } } }) },
    'Fn::ImportValue',
  ],
])('the local run rejects %s and names it', async (_, resources, message) => {
  const assemblyDir = await writeAssembly({
    parameters: { SecretArn: { Type: 'String' } },
    resources: resources as Record<string, object>,
    code,
  });

  const described = describeStack({ assemblyDir, account: testAccount });

  await expect(described).rejects.toThrow(message);
});
