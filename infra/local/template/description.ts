import type { PolicyDescription } from './policies.ts';

/** What the local run needs to know of the synthesized stack. All durations are scaled already. */
export interface StackDescription {
  readonly stackName: string;
  readonly functions: readonly FunctionDescription[];
  readonly asyncConfigs: readonly AsyncConfigDescription[];
  readonly eventSources: readonly EventSourceDescription[];
  readonly queues: readonly QueueDescription[];
  readonly topics: readonly TopicDescription[];
  readonly subscriptions: readonly SubscriptionDescription[];
  readonly buckets: readonly BucketDescription[];
  readonly notifications: readonly NotificationDescription[];
  readonly routes: readonly RouteDescription[];
  readonly cors: CorsDescription | undefined;
  readonly schedules: readonly ScheduleDescription[];
  /** Functions that a deployment invokes before it continues, in order: the migration. */
  readonly triggers: readonly string[];
  readonly secrets: readonly SecretDescription[];
  /** By name; those that have no value on this machine are left out. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly policies: PolicyDescription;
}

export interface FunctionDescription {
  readonly logicalId: string;
  /** The logical id without CDK's hash: what people and log files call it (`Register`). */
  readonly name: string;
  /** Name and ARN as deployed. */
  readonly functionName: string;
  readonly arn: string;
  /** Logical id of its role. */
  readonly roleId: string;
  readonly codeDir: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memorySizeMb: number;
  readonly reservedConcurrency: number | undefined;
  readonly logFormat: string;
}

/** What happens to asynchronous invocations of a function; functions are named by logical id everywhere. */
export interface AsyncConfigDescription {
  readonly functionId: string;
  readonly maxRetryAttempts: number;
  readonly maxEventAgeMs: number;
  readonly onFailureQueueArn: string | undefined;
}

export interface EventSourceDescription {
  readonly logicalId: string;
  readonly functionId: string;
  readonly queueArn: string;
  readonly batchSize: number;
  readonly maxConcurrency: number | undefined;
  readonly reportsBatchItemFailures: boolean;
}

export interface QueueDescription {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly visibilityTimeoutMs: number;
  readonly delayMs: number;
  readonly redrive: { readonly deadLetterArn: string; readonly maxReceiveCount: number } | undefined;
}

export interface TopicDescription {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
}

export interface SubscriptionDescription {
  readonly topicArn: string;
  readonly queueArn: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface BucketDescription {
  readonly logicalId: string;
  readonly name: string;
}

export interface NotificationDescription {
  readonly bucketName: string;
  /** As in `s3:ObjectCreated:*`. */
  readonly events: readonly string[];
  readonly prefix: string;
  readonly suffix: string;
  readonly functionId: string;
}

export interface RouteDescription {
  /** `GET /path/{parameter}`, or `$default`. */
  readonly routeKey: string;
  readonly apiId: string;
  readonly functionId: string;
  readonly timeoutMs: number;
  readonly authorizer: AuthorizerDescription | undefined;
}

/** A Lambda authorizer with payload format 2.0 and simple responses. */
export interface AuthorizerDescription {
  readonly functionId: string;
  /** As in `$request.header.Authorization`; a request that lacks one is rejected without an invocation. */
  readonly identitySources: readonly string[];
}

export interface CorsDescription {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  readonly maxAgeSeconds: number | undefined;
}

export interface ScheduleDescription {
  readonly logicalId: string;
  readonly functionId: string;
  readonly rateMs: number;
  /** Logical id of the role in which the scheduler invokes the function; undefined for a rule, which needs a permission. */
  readonly roleId: string | undefined;
  readonly payload: unknown;
}

export interface SecretDescription {
  readonly logicalId: string;
  readonly arn: string;
  /** Text given in the template, or how to make one. */
  readonly value: { readonly text: string } | { readonly generate: GenerateSecret };
}

export interface GenerateSecret {
  readonly length: number;
  readonly excludePunctuation: boolean;
  readonly excludeCharacters: string;
}
