import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct, Node } from 'constructs';
import { z } from 'zod';
import { expectedDelivery } from '../../shared/status/expected-delivery.ts';

const environments = ['dev', 'prod'] as const;
const databases = ['existing', 'aurora'] as const;

/** CloudFormation accepts no other numbers of days. */
const retentionDays = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

/** What one environment's file in this folder contains. */
const settingsFile = z.strictObject({
  /** Bucket, logs, secrets and a last snapshot of the database outlive the stack. */
  retainData: z.boolean(),
  /** `existing`: a Postgres that is there already. `aurora`: one that the stack creates. */
  database: z.enum(databases),
  /**
   * `citus`: the existing Postgres is the coordinator of a Citus cluster, and the first migration distributes the tables over it. See
   * shared/storage/schema/citus.md.
   */
  distribution: z.enum(['single', 'citus']),
  /** Receives the alarms. Required in prod; null subscribes nobody. */
  alarmEmail: z.email().nullable(),
  /**
   * HTTPS address that SNS posts each announcement to, such as the main app's; it confirms the subscription itself, as
   * test/examples/announcement-endpoint.ts does. Null subscribes nobody.
   */
  announcementEndpoint: z.url({ protocol: /^https$/ }).nullable(),
  /** Address at which operators open RUNBOOK.md; alarms link to its sections. In prod an https URL. */
  runbookUrl: z.string(),
  /**
   * Where an existing database that is reachable only from its VPC is found: the functions that use it are placed there. Null
   * for a database with a public address.
   */
  vpc: z
    .strictObject({
      /** Subnets with a route to S3, SQS, SNS and Secrets Manager: a NAT gateway, VPC endpoints, or IPv6. */
      subnetIds: z.array(z.string().regex(/^subnet-[0-9a-f]+$/)).min(1),
      /** Groups that the database's own security group admits. */
      securityGroupIds: z.array(z.string().regex(/^sg-[0-9a-f]+$/)).min(1),
      /** True where the subnets reach AWS over IPv6 alone. */
      dualStack: z.boolean(),
    })
    .nullable(),
  logRetentionDays: z
    .number()
    .refine((days) => retentionDays.includes(days), `must be one of ${retentionDays.join(', ')}`),
  /** Files normalized at once; each takes up to two connections to the database. At least 2. */
  normalizeConcurrency: z.number().int().min(2),
  /**
   * Bounds register, and its connections to the database, during a burst of uploads. The concurrency is reserved, so the
   * account's limit must leave 100 unreserved. Null reserves nothing: a new account's limit of 10 bounds register.
   */
  registerConcurrency: z.number().int().min(1).nullable(),
  rawFiles: z.strictObject({
    /** Days until an object moves to Glacier Instant Retrieval: a sixth of the price, still read in milliseconds. */
    coldAfterDays: z.number().int().min(30),
    /** Days until every version of an object expires. Null keeps everything, which a full replay needs. */
    expireAfterDays: z.number().int().min(90).nullable(),
  }),
  /** Maximum unpacked size of one raw file: absolute, and relative to its own size (meter files reach about 30). */
  archive: z.strictObject({ maxUnpackedGib: z.number().positive(), maxRatio: z.number().min(50) }),
  apiThrottle: z.strictObject({ ratePerSecond: z.number(), burst: z.number().int() }),
  aurora: z.strictObject({
    /** 0 lets the cluster pause; the first statement then waits for 15 s, or 30 s after a day. */
    minCapacityAcu: z.number().min(0),
    maxCapacityAcu: z.number().min(1),
    backupDays: z.number().int().min(1).max(35),
    /** Two zones such as `us-east-1a`, in an account where the first two lack Lambda or Aurora. Null takes the first two. */
    availabilityZones: z.array(z.string()).length(2).nullable(),
  }),
  /** What is expected of deliveries. Null where none are: then neither alarms nor the status page expect any. */
  delivery: expectedDelivery.nullable(),
  alarms: z.strictObject({ rejectedRowsPercent: z.number() }),
});

export type SettingsFile = z.infer<typeof settingsFile>;

export interface Settings extends SettingsFile {
  readonly environment: (typeof environments)[number];
}

/** The settings are invalid or incomplete; the message names the file and the setting. */
export class SettingsError extends Error {
  readonly code = 'invalid-settings';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SettingsError';
  }
}

/**
 * Reads `<env>.json`, where the CDK context `env` is `dev` (the default) or `prod`. Nothing else comes from `--context`: what
 * a later deployment forgot to repeat there, CloudFormation would remove.
 * @param changes settings that differ from the file, for tests
 * @throws SettingsError
 */
export function readSettings(node: Node, changes: Partial<SettingsFile> = {}): Settings {
  const environment = chooseEnvironment(node);
  rejectOtherContext(node, environment);
  const { file, text } = readSettingsText(environment);
  const parsed = settingsFile.safeParse({ ...JSON.parse(text), ...changes });
  if (!parsed.success) throw new SettingsError(`${file}: ${z.prettifyError(parsed.error)}`);
  const settings = { ...parsed.data, environment };
  if (environment === 'prod') requireForProduction(settings, file);
  // The local run has a Postgres of its own and no VPC; everything else is as deployed.
  return node.tryGetContext('local') === true ? { ...settings, database: 'existing', vpc: null } : settings;
}

/** The settings of the stack that contains a construct. @throws SettingsError outside of such a stack */
export function settingsOf(scope: Construct): Settings {
  const stack: Stack & { readonly settings?: Settings } = Stack.of(scope);
  if (stack.settings === undefined) throw new SettingsError(`${stack.stackName} has no settings`);
  return stack.settings;
}

function readSettingsText(environment: Settings['environment']) {
  const file = path.join(import.meta.dirname, `${environment}.json`);
  return { file: path.relative(process.cwd(), file), text: readFileSync(file, 'utf8') };
}

function chooseEnvironment(node: Node): Settings['environment'] {
  const given: unknown = node.tryGetContext('env') ?? environments[0];
  const chosen = environments.find((value) => value === given);
  if (chosen !== undefined) return chosen;
  throw new SettingsError(`--context env=${given}: must be ${environments.join(' or ')}`);
}

function rejectOtherContext(node: Node, environment: Settings['environment']): void {
  const misplaced = Object.keys(settingsFile.shape).find((name) => node.tryGetContext(name) !== undefined);
  if (misplaced === undefined) return;
  throw new SettingsError(
    `--context ${misplaced}: set ${misplaced} in infra/config/${environment}.json, so that the next deployment has it too`,
  );
}

/** Settings that prod requires. */
function requireForProduction({ alarmEmail, runbookUrl }: Settings, file: string): void {
  if (alarmEmail === null) {
    throw new SettingsError(
      `${file}: alarmEmail is null; prod needs an address, or no one is notified of its alarms`,
    );
  }
  if (!URL.canParse(runbookUrl) || new URL(runbookUrl).protocol !== 'https:') {
    throw new SettingsError(
      `${file}: runbookUrl is ${JSON.stringify(runbookUrl)}; prod needs the https address of RUNBOOK.md, which alarms link to`,
    );
  }
}
