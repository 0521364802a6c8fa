import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Cleanups } from './cleanups.ts';
import { QueueEventSource } from './event-sources.ts';
import { LocalFunctions } from './functions.ts';
import type { Access } from './iam/authority.ts';
import { authorizedInvoke } from './iam/authorized-invoke.ts';
import type { Intercept, Interpose } from './intercept.ts';
import { credentialsOf, type LocalServices } from './lambda/environment-variables.ts';
import type { OnFailure } from './lambda/local-function.ts';
import { FunctionLogs } from './lambda/logs.ts';
import type { InvocationResult } from './lambda/protocol.ts';
import { acquireLock } from './lock.ts';
import { S3Notifications } from './notifications.ts';
import type { OperatorAccess } from './operator-access.ts';
import type { Queues } from './queues.ts';
import { requeuePending } from './requeue.ts';
import type { S3Faults } from './s3/faults.ts';
import { startSchedules } from './schedules.ts';
import { type RunningServices, startServices } from './services.ts';
import type { ScheduleDescription, StackDescription } from './template/description.ts';

export interface LocalStackOptions {
  /** Where all state lives: objects, database, secrets, logs. */
  readonly stateDir: string;
  /** Port of the HTTP API; default a free one. */
  readonly port?: number;
  /** A Postgres to use instead of an embedded one. */
  readonly databaseUrl?: string;
  /** Factor on every duration of the template; default 1. */
  readonly timeScale?: number;
  /** No timeout is scaled below this: processes do not run faster. */
  readonly minTimeoutMs?: number;
  /** Output of the CDK app; default: the app is synthesized now. */
  readonly assemblyDir?: string;
  /** Processes of one function at once; default two a processor. */
  readonly maxConcurrency?: number;
  readonly intercept?: Intercept;
  readonly interpose?: Interpose;
  /** Called for each invocation that fails. */
  readonly onFailure?: OnFailure;
  /** Called for each decision of the policies. */
  readonly onAccess?: (access: Access) => void;
  /** Called when the embedded Postgres ends while the stack runs. */
  readonly onDatabaseEnded?: () => void;
  /** How long a stop waits for invocations in flight; default 5 s. */
  readonly graceMs?: number;
}

export interface LocalStack {
  readonly apiUrl: string;
  readonly adminToken: string;
  readonly databaseUrl: string;
  readonly s3: { readonly url: string; readonly bucket: string; readonly faults: S3Faults } & Pick<
    LocalServices,
    'region' | 'credentials'
  >;
  readonly description: StackDescription;
  readonly functions: LocalFunctions;
  readonly queues: Queues;
  readonly logs: FunctionLogs;
  /** Invokes a function by its name in the template (`Normalize`) and waits for it. */
  invoke(functionName: string, payload: unknown): Promise<InvocationResult>;
  /** Stops everything; leaves no process behind. */
  stop(): Promise<void>;
}

/** A function that a deployment must invoke successfully, the migration, has failed. */
export class TriggerFailedError extends Error {
  readonly code = 'trigger-failed';
  constructor(functionName: string, reason: string) {
    super(`${functionName} failed: ${reason}`);
    this.name = 'TriggerFailedError';
  }
}

/**
 * Runs the synthesized stack on this machine: its functions in processes of their own, against a local S3, queues,
 * secrets and Postgres. When it resolves, the database is migrated and what the last stop left pending is requeued.
 * @throws StackRunningError when another process runs the stack in this folder
 * @throws TemplateError, SynthesisError, PostgresStartError, TriggerFailedError; EADDRINUSE when the port is taken
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const cleanups = new Cleanups();
  try {
    return await start({ ...options, stateDir: path.resolve(options.stateDir) }, cleanups);
  } catch (error) {
    await cleanups.run().catch(() => undefined); // the first failure is the one to report
    throw error;
  }
}

async function start(options: LocalStackOptions, cleanups: Cleanups): Promise<LocalStack> {
  const { stateDir, timeScale = 1, maxConcurrency = 2 * availableParallelism() } = options;
  const lock = await acquireLock(stateDir);
  cleanups.add(() => lock.release());
  const logs = new FunctionLogs(path.join(stateDir, 'logs'));
  cleanups.add(() => logs.close());
  const notifications = new S3Notifications(options.intercept);
  const onS3Event = notifications.accept;
  const services = await startServices({ ...options, timeScale, onS3Event }, cleanups);
  const { description, queues, databaseUrl, adminToken, http, s3, local } = services;
  const settings = { maxConcurrency, timeScale, onFailure: options.onFailure };
  const functions = new LocalFunctions({ description, services: local, logs, queues, ...settings });
  cleanups.add(() => functions.stop(options.graceMs ?? 5_000));

  await runTriggers(description, functions);
  const invoke = authorizedInvoke(services, functions);
  notifications.start(description.notifications, invoke.fromBucket);
  cleanups.add(() => notifications.stop());
  await startConsumers(services, functions, invoke.fromSchedule, options.intercept, cleanups);
  await requeuePending(services, notifications);
  const { routes, cors } = description;
  http.serve({ routes, cors, invoke: invoke.fromApi });

  const bucket = description.buckets[0]?.name ?? '';
  const access = serveOperators(services, functions);
  await lock.publish({ apiUrl: http.url, adminToken, databaseUrl, bucket, ...access });
  return {
    apiUrl: http.url,
    adminToken,
    databaseUrl,
    s3: { url: s3.url, bucket, faults: s3.faults, region: local.region, credentials: local.credentials },
    description,
    functions,
    queues,
    logs,
    invoke: (functionName, payload) => functions.invoke(functionName, payload),
    stop: () => cleanups.run(),
  };
}

/** Opens Lambda's Invoke to operators, and gathers all that they need to use the stack. */
function serveOperators(
  { description, local, invokeServer }: RunningServices,
  functions: LocalFunctions,
): OperatorAccess {
  const { region, credentials, endpoints } = local;
  invokeServer.serve({
    accessKeyId: credentials.accessKeyId,
    invoke: (name, payload) => {
      const fn = description.functions.find((each) =>
        [each.functionName, each.arn, each.name].includes(name),
      );
      return fn && functions.invoke(fn.logicalId, payload);
    },
  });
  const { s3: S3, sqs: SQS, sns: SNS, secretsManager: SECRETS_MANAGER } = endpoints;
  return {
    region,
    credentials,
    endpoints: { S3, SQS, SNS, SECRETS_MANAGER, LAMBDA: invokeServer.url },
    outputs: description.outputs,
  };
}

/** Invokes what a deployment invokes before it continues: the migration. */
async function runTriggers({ triggers }: StackDescription, functions: LocalFunctions): Promise<void> {
  for (const functionId of triggers) {
    const result = await functions.invoke(functionId, {});
    if (result.outcome === 'ok') continue;
    throw new TriggerFailedError(functions.get(functionId).description.name, result.error.errorMessage);
  }
}

async function startConsumers(
  { description, queues, local }: RunningServices,
  functions: LocalFunctions,
  invokeScheduled: (schedule: ScheduleDescription) => void,
  intercept: Intercept | undefined,
  cleanups: Cleanups,
): Promise<void> {
  const starting = description.eventSources.map(async (source) => {
    const { concurrency } = functions.get(source.functionId);
    const queuesOfFunction = queues.as(credentialsOf(source.functionId, local));
    await queuesOfFunction.counts(source.queueArn); // Lambda creates no mapping for a role that lacks the right
    return new QueueEventSource({
      source,
      queues: queuesOfFunction,
      region: local.region,
      concurrency,
      invoke: (event) => functions.invoke(source.functionId, event),
      ...(intercept && { intercept }),
    });
  });
  const sources = await Promise.all(starting);
  const schedules = startSchedules(description.schedules, invokeScheduled);
  cleanups.add(() => {
    schedules.stop();
    // The batches in flight end with the functions, which stop next.
    for (const source of sources) source.stop();
  });
}
