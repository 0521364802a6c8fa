import { type Assembly, readAssembly } from './assembly.ts';
import { functionIdOf, type ReadContext, resourcesOf } from './context.ts';
import type { StackDescription } from './description.ts';
import { TemplateError } from './errors.ts';
import { readAsyncConfigs, readEventSources, readFunctions, readSchedules } from './functions.ts';
import type { LocalAccount } from './identity.ts';
import {
  readBuckets,
  readNotifications,
  readQueues,
  readSecrets,
  readSubscriptions,
  readTopics,
} from './messaging.ts';
import { readPolicies } from './policies.ts';
import { Resolver } from './resolver.ts';
import { readCors, readRoutes } from './routes.ts';

export interface DescribeOptions {
  /** Output folder of the CDK app. */
  readonly assemblyDir: string;
  readonly account: Omit<LocalAccount, 'stackName'>;
  /** Values of the template's parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Factor on every duration of the template; 1 as deployed. */
  readonly timeScale?: number;
  /** No timeout is scaled below this. */
  readonly minTimeoutMs?: number;
}

/** Types that the local run implements, and those that have no effect on one machine. */
const known = new Set([
  ...['AWS::ApiGatewayV2::Api', 'AWS::ApiGatewayV2::Authorizer', 'AWS::ApiGatewayV2::Integration'],
  ...['AWS::ApiGatewayV2::Route', 'AWS::ApiGatewayV2::Stage', 'AWS::CDK::Metadata', 'AWS::Events::Rule'],
  ...['AWS::Lambda::Alias', 'AWS::Lambda::EventInvokeConfig', 'AWS::Lambda::EventSourceMapping'],
  ...['AWS::Lambda::Function', 'AWS::Lambda::Permission', 'AWS::Lambda::Version', 'AWS::S3::Bucket'],
  ...['AWS::S3::BucketPolicy', 'AWS::SNS::Subscription', 'AWS::SNS::Topic', 'AWS::SNS::TopicPolicy'],
  ...[
    'AWS::SQS::Queue',
    'AWS::SQS::QueuePolicy',
    'AWS::Scheduler::Schedule',
    'AWS::Scheduler::ScheduleGroup',
  ],
  ...['AWS::SecretsManager::ResourcePolicy', 'AWS::SecretsManager::Secret'],
  ...['Custom::S3AutoDeleteObjects', 'Custom::S3BucketNotifications', 'Custom::Trigger'],
  'Custom::VpcRestrictDefaultSG',
]);
const withoutLocalEffect =
  /^AWS::(ApplicationInsights|Budgets|CloudTrail|CloudWatch|EC2|IAM|KMS|Logs|RDS|ResourceGroups|SSM)::/;

/**
 * Reads a synthesized stack into a description for the local run. There is no other description of the wiring: what
 * infra/ leaves out is missing here too.
 * @throws TemplateError naming the resource and property that the local run does not implement
 */
export async function describeStack(options: DescribeOptions): Promise<StackDescription> {
  const assembly = await readAssembly(options.assemblyDir);
  const account = { ...options.account, stackName: assembly.stackName };
  const { template } = assembly;
  const context: ReadContext = {
    template,
    account,
    resolver: new Resolver({ template, account, parameters: options.parameters ?? {} }),
    timeScale: options.timeScale ?? 1,
    codeDir: assembly.codeDir,
  };
  rejectUnknownTypes(assembly);
  const { minTimeoutMs = 0 } = options;
  const withMinTimeout = <T extends { readonly timeoutMs: number }>(timed: T): T => ({
    ...timed,
    timeoutMs: Math.max(timed.timeoutMs, minTimeoutMs),
  });
  const functions = readFunctions(context);
  const schedules = readSchedules(context);
  const roleIds = [...functions, ...schedules].flatMap(({ roleId }) => roleId ?? []);
  return {
    stackName: assembly.stackName,
    functions: functions.map(withMinTimeout),
    asyncConfigs: readAsyncConfigs(context),
    eventSources: readEventSources(context),
    queues: readQueues(context),
    topics: readTopics(context),
    subscriptions: readSubscriptions(context),
    buckets: readBuckets(context),
    notifications: readNotifications(context),
    routes: readRoutes(context).map(withMinTimeout),
    cors: readCors(context),
    schedules,
    triggers: readTriggers(context),
    secrets: readSecrets(context),
    outputs: readOutputs(context),
    policies: readPolicies(context, new Set(roleIds)),
  };
}

function rejectUnknownTypes({ template }: Assembly): void {
  for (const [logicalId, { Type }] of Object.entries(template.Resources)) {
    if (!known.has(Type) && !withoutLocalEffect.test(Type)) {
      throw new TemplateError(`${logicalId} (${Type})`, 'the local run does not know this type of resource');
    }
  }
}

function readOutputs({ template, resolver }: ReadContext): Readonly<Record<string, string>> {
  const outputs: Record<string, string> = {};
  for (const [name, { Value }] of Object.entries(template.Outputs ?? {})) {
    try {
      outputs[name] = String(resolver.resolve(Value, `output ${name}`));
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
    }
  }
  return outputs;
}

function readTriggers(context: ReadContext): readonly string[] {
  return resourcesOf(context, 'Custom::Trigger').map(({ properties }) => {
    const functionId = functionIdOf(context, properties.text('HandlerArn'), properties.where);
    properties.ignore('ExecuteOnHandlerChange', 'InvocationType', 'Timeout');
    properties.done();
    return functionId;
  });
}
