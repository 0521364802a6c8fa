import { functionIdOf, identityOf, type NamedResource, type ReadContext, resourcesOf } from './context.ts';
import type {
  AsyncConfigDescription,
  EventSourceDescription,
  FunctionDescription,
  ScheduleDescription,
} from './description.ts';
import type { Properties } from './properties.ts';

/** The functions with code of this repository; those that serve the deployment itself are left out. */
export function readFunctions(context: ReadContext): readonly FunctionDescription[] {
  const providers = serviceTokens(context);
  const functions = resourcesOf(context, 'AWS::Lambda::Function').filter(
    ({ logicalId }) => !providers.has(logicalId),
  );
  const names = functions.map(({ logicalId }) => logicalId.replace(/[0-9A-F]{8}$/, ''));
  return functions.map((fn, i) => {
    const name = names[i] ?? '';
    const isUnique = names.indexOf(name) === names.lastIndexOf(name);
    return readFunction(context, fn, isUnique ? name : fn.logicalId);
  });
}

/** Logical ids of the functions behind custom resources: CloudFormation calls those, nothing here does. */
function serviceTokens(context: ReadContext): ReadonlySet<string> {
  const tokens = Object.values(context.template.Resources).map(
    ({ Properties: p }) =>
      (p?.ServiceToken as { 'Fn::GetAtt'?: [string, string] } | undefined)?.['Fn::GetAtt'],
  );
  return new Set(tokens.flatMap((token) => (token ? [token[0]] : [])));
}

function readFunction(context: ReadContext, fn: NamedResource, name: string): FunctionDescription {
  const { properties } = fn;
  const runtime = properties.text('Runtime');
  if (!runtime.startsWith('nodejs')) properties.fail(`the local run cannot run ${runtime}`);
  const code = properties.object('Code');
  code.ignore('S3Bucket');
  const s3Key = code.text('S3Key');
  const codeDir = context.codeDir(s3Key) ?? properties.fail(`the assembly has no asset ${s3Key}`);
  code.done();
  const identity = identityOf(context, fn);
  const logging = properties.object('LoggingConfig');
  const description: FunctionDescription = {
    logicalId: fn.logicalId,
    name,
    functionName: identity.ref,
    arn: identity.attribute('Arn'),
    roleId: roleIdOf(context, properties.value<string>('Role')),
    codeDir,
    handler: properties.text('Handler'),
    environment: readEnvironment(properties, context.timeScale),
    timeoutMs: properties.number('Timeout', 3) * 1000 * context.timeScale,
    memorySizeMb: properties.number('MemorySize', 128),
    reservedConcurrency: properties.value<number>('ReservedConcurrentExecutions'),
    logFormat: logging.value<string>('LogFormat') ?? 'Text',
  };
  properties.ignore(
    ...['Architectures', 'EphemeralStorage', 'FunctionName', 'KmsKeyArn', 'RecursiveLoop'],
    ...['TracingConfig', 'VpcConfig'],
  );
  properties.done();
  return description;
}

function readEnvironment(properties: Properties, timeScale: number): Record<string, string> {
  const variables = properties.value<{ Variables?: Record<string, unknown> }>('Environment')?.Variables ?? {};
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (name === 'AWS_USE_DUALSTACK_ENDPOINT') continue; // the SDK rejects it together with a local endpoint
    const text = String(value);
    if (text.includes('{{resolve:')) {
      properties.fail(`the variable ${name} holds a secret's value; pass the secret's ARN instead`);
    }
    environment[name] = name.endsWith('_SECONDS') ? String(Number(text) * timeScale) : text;
  }
  return environment;
}

/** The logical id of the role with this ARN; empty for one that is not in the stack. */
function roleIdOf(context: ReadContext, arn: string | undefined): string {
  const roles = resourcesOf(context, 'AWS::IAM::Role');
  return roles.find((role) => identityOf(context, role).attribute('Arn') === arn)?.logicalId ?? '';
}

export function readAsyncConfigs(context: ReadContext): readonly AsyncConfigDescription[] {
  return resourcesOf(context, 'AWS::Lambda::EventInvokeConfig').map(({ properties }) => {
    const destinations = properties.object('DestinationConfig');
    const onFailure = destinations.object('OnFailure').value<string>('Destination');
    destinations.done();
    if (onFailure && !onFailure.includes(':sqs:'))
      properties.fail('only a queue can be the destination here');
    const description: AsyncConfigDescription = {
      functionId: functionIdOf(context, properties.text('FunctionName'), properties.where),
      maxRetryAttempts: properties.number('MaximumRetryAttempts', 2),
      maxEventAgeMs: properties.number('MaximumEventAgeInSeconds', 6 * 3600) * 1000 * context.timeScale,
      onFailureQueueArn: onFailure,
    };
    properties.ignore('Qualifier');
    properties.done();
    return description;
  });
}

export function readEventSources(context: ReadContext): readonly EventSourceDescription[] {
  return resourcesOf(context, 'AWS::Lambda::EventSourceMapping').flatMap(({ logicalId, properties }) => {
    const scaling = properties.object('ScalingConfig');
    const responseTypes = properties.list<string>('FunctionResponseTypes');
    const isEnabled = properties.value<boolean>('Enabled') ?? true;
    const batchSize = properties.number('BatchSize', 10);
    if (batchSize > 10) properties.fail('the local run does not gather batches of more than ten');
    const description: EventSourceDescription = {
      logicalId,
      functionId: functionIdOf(context, properties.text('FunctionName'), properties.where),
      queueArn: properties.text('EventSourceArn'),
      batchSize,
      maxConcurrency: scaling.value<number>('MaximumConcurrency'),
      reportsBatchItemFailures: responseTypes.includes('ReportBatchItemFailures'),
    };
    scaling.done();
    properties.done();
    return isEnabled ? [description] : [];
  });
}

/** EventBridge schedules and rules with a rate, whose target is a function of the stack. */
export function readSchedules(context: ReadContext): readonly ScheduleDescription[] {
  return [
    ...resourcesOf(context, 'AWS::Scheduler::Schedule').flatMap((schedule) => {
      const { properties } = schedule;
      properties.ignore('FlexibleTimeWindow', 'GroupName', 'Name', 'ScheduleExpressionTimezone');
      const target = properties.object('Target');
      target.ignore('RetryPolicy', 'DeadLetterConfig');
      const roleId = roleIdOf(context, target.text('RoleArn'));
      return readSchedule(context, schedule, [target]).map((description) => ({ ...description, roleId }));
    }),
    ...resourcesOf(context, 'AWS::Events::Rule').flatMap((rule) => {
      rule.properties.ignore('Name');
      const targets = rule.properties.objects('Targets');
      for (const target of targets) target.ignore('Id', 'RetryPolicy', 'DeadLetterConfig');
      return readSchedule(context, rule, targets);
    }),
  ];
}

function readSchedule(
  context: ReadContext,
  { logicalId, properties }: NamedResource,
  targets: readonly Properties[],
): readonly ScheduleDescription[] {
  const rateMs = parseRate(properties) * context.timeScale;
  const isEnabled = (properties.value<string>('State') ?? 'ENABLED') === 'ENABLED';
  const descriptions = targets.map((target) => {
    const functionId = functionIdOf(context, target.text('Arn'), target.where);
    const payload: unknown = JSON.parse(target.value<string>('Input') ?? '{}');
    target.done();
    return { logicalId, functionId, rateMs, payload, roleId: undefined };
  });
  properties.done();
  return isEnabled ? descriptions : [];
}

const unitMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function parseRate(properties: Properties): number {
  const expression = properties.text('ScheduleExpression');
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const ms = unitMs[unit];
  if (ms === undefined) properties.fail(`the local run knows rate(…) only, not ${expression}`);
  return Number(count) * ms;
}
