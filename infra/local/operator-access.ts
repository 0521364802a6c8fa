import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Credentials, newCredentials } from './iam/credentials.ts';

/** All that an operator's shell needs to work on a running local stack as on one in AWS. */
export interface OperatorAccess {
  readonly region: string;
  readonly credentials: Credentials;
  /** By service, as in `AWS_ENDPOINT_URL_<SERVICE>`. */
  readonly endpoints: Readonly<Record<'S3' | 'SQS' | 'SNS' | 'LAMBDA' | 'SECRETS_MANAGER', string>>;
  /** The stack's outputs, as far as they have a value on this machine. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** The operator's credentials for the local services: made once, and kept where only the owner can read them. */
export async function keepCredentials(stateDir: string): Promise<Credentials> {
  const file = path.join(stateDir, 'credentials.json');
  const made = newCredentials();
  try {
    await writeFile(file, JSON.stringify(made), { flag: 'wx', mode: 0o600 });
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return JSON.parse(await readFile(file, 'utf8')) as Credentials;
  }
}

interface LocalEnvironment extends OperatorAccess {
  readonly apiUrl: string;
  readonly adminToken: string;
  readonly databaseUrl: string;
  readonly bucket: string;
}

/**
 * Shell text that makes the commands of the runbook work on the local stack: the AWS CLI's variables, the runbook's own,
 * and its functions `output` and `sql`. DATABASE_URL is left alone, since the project's own commands use it.
 */
export function shellEnvironment(access: LocalEnvironment): string {
  const { region, credentials, endpoints, outputs, apiUrl, adminToken, bucket, databaseUrl } = access;
  const variables = {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9', // any service without a local endpoint: connection refused at once, never AWS
    ...Object.fromEntries(Object.entries(endpoints).map(([name, url]) => [`AWS_ENDPOINT_URL_${name}`, url])),
    STACK: 'local',
    API: apiUrl,
    BUCKET: bucket,
    ADMIN_TOKEN: adminToken,
  };
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
  const table = Object.entries(outputs).map(([name, value]) => `${name} ${value}`);
  return [
    'unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN',
    ...exports,
    'output() {',
    `  awk -v prefix="$1" 'index($1, prefix) == 1 { print $2; exit }' <<'END'`,
    ...table,
    'END',
    '}',
    `sql() { psql ${quoted(databaseUrl)} -c "$1"; }`,
    // Version 1 of the AWS CLI ignores AWS_ENDPOINT_URL_SQS, for the sake of SQS's old addresses.
    'aws() {',
    '  if [ "$1" = sqs ]; then command aws --endpoint-url "$AWS_ENDPOINT_URL_SQS" "$@"; else command aws "$@"; fi',
    '}',
    '',
  ].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
