import { randomInt } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Authority } from './iam/authority.ts';
import { rejectionOf } from './iam/service-gate.ts';
import type { GenerateSecret, SecretDescription } from './template/description.ts';

/** The secrets of a local stack, by ARN. */
export type SecretValues = ReadonlyMap<string, string>;

/**
 * The values of the template's secrets: what its file keeps, or else the template's, as a deployment changes no secret
 * that was given a value since. Only the owner can read the file; put a value there to give a secret one.
 */
export async function keepSecrets(
  file: string,
  secrets: readonly SecretDescription[],
): Promise<SecretValues> {
  const kept = await readKept(file);
  const values = new Map<string, string>();
  for (const { logicalId, arn, value } of secrets) {
    const text = kept[logicalId] ?? ('text' in value ? value.text : generate(value.generate));
    kept[logicalId] = text;
    values.set(arn, text);
  }
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
  return values;
}

async function readKept(file: string): Promise<Record<string, string>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`${file} cannot be read; remove it to have new secrets made`, { cause: error });
  }
}

const alphanumerics = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

function generate({ length, excludePunctuation, excludeCharacters }: GenerateSecret): string {
  const alphabet = [...alphanumerics, ...(excludePunctuation ? '' : punctuation)].filter(
    (char) => !excludeCharacters.includes(char),
  );
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

export interface SecretsServer {
  readonly url: string;
  /** Sets the values; until then, every secret is unknown. Each request is checked with the authority, if there is one. */
  serve(values: SecretValues, authority?: Authority): void;
  close(): Promise<void>;
}

/** Starts an endpoint for the one operation of Secrets Manager that functions use, GetSecretValue. */
export async function startSecretsServer(region = 'us-east-1'): Promise<SecretsServer> {
  let values: SecretValues = new Map();
  let authority: Authority | undefined;
  const server = createServer((request, response) => {
    respond(request, response, { values, authority, region }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve(given, givenAuthority) {
      values = given;
      authority = givenAuthority;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Serving {
  readonly values: SecretValues;
  readonly authority: Authority | undefined;
  readonly region: string;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { values, authority, region }: Serving,
): Promise<void> {
  const body = Buffer.concat(await request.toArray());
  const reply = (status: number, content: object) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(content));
  };
  const operation = String(request.headers['x-amz-target']);
  if (operation !== 'secretsmanager.GetSecretValue') {
    return reply(400, {
      __type: 'InvalidRequestException',
      message: `${operation} is not available locally`,
    });
  }
  const { SecretId = '', VersionStage = 'AWSCURRENT' } = JSON.parse(body.toString()) as Record<
    string,
    string
  >;
  const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const signed = {
    method: 'POST',
    rawPath: request.url ?? '/',
    queryPairs: [],
    query: new Map<string, string>(),
  };
  const intent = { action: 'secretsmanager:GetSecretValue', resource: SecretId };
  const rejection =
    authority &&
    rejectionOf(authority, { ...signed, headers, body }, { service: 'secretsmanager', region, intent });
  if (rejection) return reply(rejection.status, { __type: rejection.type, message: rejection.message });
  const text = VersionStage === 'AWSCURRENT' ? values.get(SecretId) : undefined;
  if (text === undefined) {
    const message = `Secrets Manager can't find the specified secret value for staging label: ${VersionStage}`;
    return reply(400, { __type: 'ResourceNotFoundException', message });
  }
  reply(200, {
    ARN: SecretId,
    Name: SecretId.split(':').at(-1),
    SecretString: text,
    VersionId: '00000000-0000-0000-0000-000000000000',
    VersionStages: ['AWSCURRENT'],
    CreatedDate: 0,
  });
}
