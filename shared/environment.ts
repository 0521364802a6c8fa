/**
 * Every environment variable of the functions, declared once: infra/ sets them from here, functions/ read
 * them through {@link requireEnvironment}, so that neither can name one the other does not know.
 */
export const environmentNames = {
  /** Name of the bucket of raw files. */
  rawBucket: 'RAW_BUCKET',
  /** URL of the normalize queue. */
  normalizeQueueUrl: 'NORMALIZE_QUEUE_URL',
  /** How long a message that failed waits before its second try; each further wait is twice as long. */
  normalizeRetrySeconds: 'NORMALIZE_RETRY_SECONDS',
  /** URL of the queue that the normalize queue's poison messages end in. */
  normalizeDeadLetterQueueUrl: 'NORMALIZE_DEAD_LETTER_QUEUE_URL',
  /** URL of the queue of S3 events that register failed for good. */
  registerFailureQueueUrl: 'REGISTER_FAILURE_QUEUE_URL',
  /** ARN of the topic `file-normalized`. */
  announcementTopicArn: 'ANNOUNCEMENT_TOPIC_ARN',
  /** Events and announcements younger than this are left to come by themselves. */
  sweepGraceSeconds: 'SWEEP_GRACE_SECONDS',
  /** A message that has waited this long in the normalize queue counts as lost. */
  sweepWaitingSeconds: 'SWEEP_WAITING_SECONDS',
  /** `owner`, `writer` or `reader`: as whom the function connects to the database. */
  databaseRole: 'DATABASE_ROLE',
  /** ARN of the secret that holds the connection strings of an existing database. */
  databaseSecretArn: 'DATABASE_SECRET_ARN',
  /** `host:port/name` of an Aurora that takes IAM tokens; either this or the secret is set. */
  databaseEndpoint: 'DATABASE_ENDPOINT',
  /** For the function that makes Aurora's users: the cluster, its administrator's secret, the database's name. */
  auroraArn: 'AURORA_ARN',
  auroraAdminSecretArn: 'AURORA_ADMIN_SECRET_ARN',
  auroraDatabase: 'AURORA_DATABASE',
  /** ARN of the secret that holds the private keys of encrypted deliveries, as JSON. */
  pgpKeysSecretArn: 'PGP_KEYS_SECRET_ARN',
  /** What one raw file may unpack to: bytes in all, and times its own size. */
  archiveMaxUnpackedBytes: 'ARCHIVE_MAX_UNPACKED_BYTES',
  archiveMaxRatio: 'ARCHIVE_MAX_RATIO',
  /** ARN of the secret that holds the admin token, as text. */
  adminTokenSecretArn: 'ADMIN_TOKEN_SECRET_ARN',
} as const;

export type EnvironmentKey = keyof typeof environmentNames;

/** A variable that infra/ should have set is missing; the message names it. */
export class MissingEnvironmentError extends Error {
  readonly code = 'missing-environment';
  constructor(name: string) {
    super(
      `The environment variable ${name} is not set. It is declared in shared/environment.ts and set by infra/.`,
    );
    this.name = 'MissingEnvironmentError';
  }
}

/**
 * Reads the named variables, all of them required.
 * @throws MissingEnvironmentError naming the first that is missing or empty
 */
export function requireEnvironment<K extends EnvironmentKey>(
  ...keys: readonly K[]
): { readonly [P in K]: string } {
  const values = keys.map((key) => {
    const name = environmentNames[key];
    const value = process.env[name];
    if (!value) throw new MissingEnvironmentError(name);
    return [key, value] as const;
  });
  return Object.fromEntries(values) as { [P in K]: string };
}

/** Reads a variable that need not be set. */
export function optionalEnvironment(key: EnvironmentKey): string | undefined {
  return process.env[environmentNames[key]] || undefined;
}
