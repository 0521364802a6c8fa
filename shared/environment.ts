/**
 * Every environment variable of the functions, declared once: infra/ sets them by these keys and functions/ read them by the
 * same keys through {@link requireEnvironment}.
 */
export const environmentNames = {
  /** Name of the bucket of raw files. */
  rawBucket: 'RAW_BUCKET',
  /** URL of the normalize queue. */
  normalizeQueueUrl: 'NORMALIZE_QUEUE_URL',
  /** Delay before the second attempt at a message; each further delay is twice as long. */
  normalizeRetrySeconds: 'NORMALIZE_RETRY_SECONDS',
  /** URL of the normalize queue's dead-letter queue. */
  normalizeDeadLetterQueueUrl: 'NORMALIZE_DEAD_LETTER_QUEUE_URL',
  /** URL of register's failure destination. */
  registerFailureQueueUrl: 'REGISTER_FAILURE_QUEUE_URL',
  /** ARN of the topic `file-normalized`. */
  announcementTopicArn: 'ANNOUNCEMENT_TOPIC_ARN',
  /** The sweep leaves younger objects and announcements alone: they may still be in flight. */
  sweepGraceSeconds: 'SWEEP_GRACE_SECONDS',
  /** A message that has been in the normalize queue for longer counts as lost. */
  sweepWaitingSeconds: 'SWEEP_WAITING_SECONDS',
  /** What is expected of deliveries, as JSON; unset where none are. */
  expectedDelivery: 'EXPECTED_DELIVERY',
  /** `owner`, `writer` or `reader`: the role in which the function connects to the database. */
  databaseRole: 'DATABASE_ROLE',
  /** How long to wait for a connection; less than the function's timeout, so that it can still report the failure. */
  databaseConnectTimeoutMs: 'DATABASE_CONNECT_TIMEOUT_MS',
  /** `citus` where the migration distributes the tables over a Citus cluster; unset on one server. */
  databaseDistribution: 'DATABASE_DISTRIBUTION',
  /** ARN of the secret that holds the connection strings of an existing database. */
  databaseSecretArn: 'DATABASE_SECRET_ARN',
  /** `host:port/name` of an Aurora that accepts IAM tokens; either this or the secret is set. */
  databaseEndpoint: 'DATABASE_ENDPOINT',
  /** For the function that creates Aurora's users: the cluster, the administrator's secret, the name of the database. */
  auroraArn: 'AURORA_ARN',
  auroraAdminSecretArn: 'AURORA_ADMIN_SECRET_ARN',
  auroraDatabase: 'AURORA_DATABASE',
  /** ARN of the secret that contains the private PGP keys, as JSON. */
  pgpKeysSecretArn: 'PGP_KEYS_SECRET_ARN',
  /** Maximum unpacked size of one raw file: in bytes, and relative to its own size. */
  archiveMaxUnpackedBytes: 'ARCHIVE_MAX_UNPACKED_BYTES',
  archiveMaxRatio: 'ARCHIVE_MAX_RATIO',
  /** ARN of the secret that contains the admin token, as text. */
  adminTokenSecretArn: 'ADMIN_TOKEN_SECRET_ARN',
  /** ARN of the secret that holds the tokens of readers by name, as JSON. */
  readerTokensSecretArn: 'READER_TOKENS_SECRET_ARN',
} as const;

export type EnvironmentKey = keyof typeof environmentNames;

/** A variable that infra/ should have set is missing. */
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

/** Reads an optional variable. */
export function optionalEnvironment(key: EnvironmentKey): string | undefined {
  return process.env[environmentNames[key]] || undefined;
}
