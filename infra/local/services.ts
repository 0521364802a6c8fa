import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { S3EventRecord } from 'aws-lambda';
import { environmentNames } from '../../shared/environment.ts';
import type { Cleanups } from './cleanups.ts';
import { createDatabaseUsers, type DatabaseUrls } from './database-users.ts';
import { type HttpServer, startHttpServer } from './http/server.ts';
import type { Access, PolicyAuthority } from './iam/authority.ts';
import { createAuthority } from './iam/create-authority.ts';
import type { Interpose } from './intercept.ts';
import { KeptPorts } from './kept-ports.ts';
import type { LocalServices } from './lambda/environment-variables.ts';
import { type InvokeServer, startInvokeServer } from './lambda/invoke-api.ts';
import { keepCredentials } from './operator-access.ts';
import { startPostgres } from './postgres.ts';
import { localAccountId as accountId, Queues, startQueueServer } from './queues.ts';
import { startS3 } from './s3/server.ts';
import { keepSecrets, startSecretsServer } from './secrets.ts';
import { adminTokenFile } from './settings.ts';
import { synthesize } from './synthesize.ts';
import { describeStack } from './template/describe.ts';
import type { StackDescription } from './template/description.ts';

export interface ServicesOptions {
  readonly stateDir: string;
  readonly port?: number;
  readonly databaseUrl?: string;
  readonly timeScale: number;
  readonly minTimeoutMs?: number;
  readonly interpose?: Interpose;
  readonly assemblyDir?: string;
  readonly onS3Event: (record: S3EventRecord) => void;
  readonly onAccess?: (access: Access) => void;
  /** Called when the embedded Postgres ends while the stack runs. */
  readonly onDatabaseEnded?: () => void;
}

/** The running services that the functions call, and the description of the stack. */
export interface RunningServices {
  readonly description: StackDescription;
  readonly local: LocalServices;
  readonly authority: PolicyAuthority;
  readonly http: HttpServer;
  readonly queues: Queues;
  readonly databaseUrl: string;
  readonly adminToken: string;
  readonly s3: Awaited<ReturnType<typeof startS3>>;
  readonly invokeServer: InvokeServer;
}

const region = 'us-east-1';
const databaseSecretArn = `arn:aws:secretsmanager:${region}:${accountId}:secret:local-database-url-local0`;

/** Starts Postgres, queues, secrets, S3 and the HTTP listener, and synthesizes the stack, all at once where possible. */
export async function startServices(options: ServicesOptions, cleanups: Cleanups): Promise<RunningServices> {
  const { stateDir } = options;
  // First and alone: a taken port is found before anything else starts.
  const http = await startHttpServer(options.port ?? 0);
  cleanups.add(() => http.close());
  const ports = await KeptPorts.open(stateDir);
  const credentials = await keepCredentials(stateDir);
  let known: PolicyAuthority | undefined; // the queues have to run before the template can be read
  const starting = [
    startDatabase(options, cleanups),
    closedLater(
      ports.start('queues', (port) => startQueueServer(region, port, () => known)),
      cleanups,
    ),
    closedLater(startSecretsServer(region), cleanups),
    closedLater(ports.start('lambda', startInvokeServer), cleanups),
    keepBucketSuffix(stateDir),
    options.assemblyDir ?? synthesize(),
  ] as const;
  await Promise.allSettled(starting); // if one fails, what the others have started is registered for cleanup
  const [databaseUrls, queueServer, secretsServer, invokeServer, bucketSuffix, assemblyDir] =
    await Promise.all(starting);

  const { timeScale, minTimeoutMs, interpose = async (_, url) => url } = options;
  const queueEndpoint = await interpose('queues', queueServer.url);
  const description = await describeStack({
    assemblyDir,
    account: { region, accountId, queueEndpoint, apiUrl: http.url, bucketSuffix },
    parameters: { DatabaseSecretArn: databaseSecretArn },
    timeScale,
    ...(minTimeoutMs !== undefined && { minTimeoutMs }),
  });
  const { authority, functionCredentials } = createAuthority(description, {
    accountId,
    operator: credentials,
    onAccess: options.onAccess,
  });
  known = authority;
  const buckets = description.buckets.map(({ name }) => ({ name }));
  const s3Options = { dataDir: path.join(stateDir, 's3'), region, authority, buckets };
  const s3 = await closedLater(
    ports.start('s3', (port) => startS3({ ...s3Options, port, onEvent: options.onS3Event })),
    cleanups,
  );
  await ports.save();
  const queues = new Queues(queueEndpoint, { region, credentials });
  cleanups.add(() => queues.close());
  await queues.create(description);
  const secrets = await keepSecrets(path.join(stateDir, 'secrets.json'), description.secrets);
  secretsServer.serve(new Map([...secrets, [databaseSecretArn, databaseSecret(databaseUrls)]]), authority);
  const endpoints = {
    s3: await interpose('s3', s3.url),
    sqs: queueEndpoint,
    sns: queueEndpoint,
    secretsManager: secretsServer.url,
  };
  const local = { region, credentials, functionCredentials, endpoints };
  const adminToken = adminTokenOf(description, secrets);
  await writeFile(adminTokenFile(stateDir), adminToken, { mode: 0o600 });
  const databaseUrl = databaseUrls.owner;
  return { description, local, authority, http, queues, databaseUrl, adminToken, s3, invokeServer };
}

/** As on AWS, except that the URL decides about TLS. */
function databaseSecret(urls: DatabaseUrls): string {
  return JSON.stringify({ ...urls, tls: 'as-in-url' });
}

async function closedLater<T extends { close(): unknown }>(
  starting: Promise<T>,
  cleanups: Cleanups,
): Promise<T> {
  const started = await starting;
  cleanups.add(() => started.close());
  return started;
}

async function startDatabase(
  { databaseUrl, stateDir, onDatabaseEnded }: ServicesOptions,
  cleanups: Cleanups,
): Promise<DatabaseUrls> {
  if (databaseUrl !== undefined) return { owner: databaseUrl, writer: databaseUrl, reader: databaseUrl };
  const postgres = await startPostgres({ dataDir: path.join(stateDir, 'postgres') });
  let isStopping = false;
  cleanups.add(() => {
    isStopping = true;
    return postgres.stop();
  });
  void postgres.ended.then(() => !isStopping && onDatabaseEnded?.());
  return createDatabaseUsers(postgres.url);
}

/** Distinguishes this state's bucket from those of other local stacks that use the same database. */
async function keepBucketSuffix(stateDir: string): Promise<string> {
  const file = path.join(stateDir, 'bucket-suffix');
  const suffix = randomHex(4);
  try {
    await writeFile(file, suffix, { flag: 'wx' });
    return suffix;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return (await readFile(file, 'utf8')).trim();
  }
}

function adminTokenOf({ functions }: StackDescription, secrets: ReadonlyMap<string, string>): string {
  const name = environmentNames.adminTokenSecretArn;
  const arn = functions.map(({ environment }) => environment[name]).find((value) => value !== undefined);
  return secrets.get(arn ?? '') ?? '';
}

function randomHex(sizeBytes: number): string {
  return randomBytes(sizeBytes).toString('hex').toUpperCase();
}
