import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import type { Construct, Node } from 'constructs';
import { z } from 'zod';

const environments = ['dev', 'prod'] as const;
const databases = ['existing', 'aurora'] as const;

/** What one environment's file in this folder says. */
const settingsFile = z.strictObject({
  /** Bucket, logs, token and database outlive the stack. */
  retainData: z.boolean(),
  logRetentionDays: z.number().int(),
  /** Files normalized at once; each takes up to two connections to the database. At least 2. */
  normalizeConcurrency: z.number().int().min(2),
  /**
   * Bounds register, and its connections to the database, at a burst of uploads. It is reserved, so the account's limit must
   * leave 100 beside it. Null reserves nothing: only for a new account, whose own limit of 10 bounds it.
   */
  registerConcurrency: z.number().int().min(1).nullable(),
  rawFiles: z.strictObject({
    /** Then to instant-retrieval storage: a sixth of the price, and reading still takes milliseconds. */
    coldAfterDays: z.number().int().min(30),
    /** Then gone, all versions of them. Null keeps everything, which is what a replay of everything needs. */
    expireAfterDays: z.number().int().min(90).nullable(),
  }),
  /** What one raw file may unpack to: in all, and times its own size (meter files reach about 30). */
  archive: z.strictObject({ maxUnpackedGib: z.number().positive(), maxRatio: z.number().min(50) }),
  apiThrottle: z.strictObject({ ratePerSecond: z.number(), burst: z.number().int() }),
  aurora: z.strictObject({
    /** 0 lets it pause; the first statement then waits for 15 s, or 30 s after a day. */
    minCapacityAcu: z.number().min(0),
    maxCapacityAcu: z.number().min(1),
    backupDays: z.number().int().min(1).max(35),
  }),
  alarms: z.strictObject({
    /** Alarm when no file came for so long; null where silence is normal. At most 168. */
    silenceHours: z.number().int().min(1).max(168).nullable(),
    rejectedRowsPercent: z.number(),
  }),
  /** Address of RUNBOOK.md as operators open it; alarms link to its sections. */
  runbookUrl: z.string(),
});

export interface Settings extends z.infer<typeof settingsFile> {
  readonly environment: (typeof environments)[number];
  readonly database: (typeof databases)[number];
  /** Gets the alarms, if given. */
  readonly alarmEmail: string | undefined;
}

/** The CDK context asks for something there is not; the message names what there is. */
export class SettingsError extends Error {
  readonly code = 'invalid-settings';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SettingsError';
  }
}

/**
 * Reads the settings that the CDK context chooses: `env` (dev), `database` (existing), `alarmEmail`.
 * @throws SettingsError
 */
export function readSettings(node: Node): Settings {
  const environment = choose(node, 'env', environments);
  const file = path.join(import.meta.dirname, `${environment}.json`);
  const parsed = settingsFile.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new SettingsError(`${file}: ${z.prettifyError(parsed.error)}`);
  return {
    ...parsed.data,
    environment,
    database: choose(node, 'database', databases),
    alarmEmail: node.tryGetContext('alarmEmail'),
  };
}

/** The settings of the stack that a construct is in; constructs whose callers should not have to care read them here. */
export function settingsOf(scope: Construct): Settings {
  const stack: Stack & { readonly settings?: Settings } = Stack.of(scope);
  if (stack.settings === undefined) throw new SettingsError(`${stack.stackName} has no settings`);
  return stack.settings;
}

function choose<T extends string>(node: Node, name: string, values: readonly [T, ...T[]]): T {
  const given: unknown = node.tryGetContext(name) ?? values[0];
  const chosen = values.find((value) => value === given);
  if (chosen === undefined) {
    throw new SettingsError(`--context ${name}=${given}: there is ${values.join(' and ')}`);
  }
  return chosen;
}
