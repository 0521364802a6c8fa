import { stat } from 'node:fs/promises';
import path from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect, onTestFinished, test } from 'vitest';
import { keepSecrets, startSecretsServer } from '../../infra/local/secrets.ts';
import { temporaryDir } from '../support/local-assembly.ts';

const generate = { length: 48, excludePunctuation: true, excludeCharacters: 'l1' };
const token = { logicalId: 'Token', arn: 'arn:token', value: { generate } };

test('a generated secret is as the template says, stays the same, and only its owner can read it', async () => {
  const file = path.join(await temporaryDir(), 'state', 'secrets.json');

  const first = await keepSecrets(file, [token]);
  const second = await keepSecrets(file, [token]);

  expect(first.get('arn:token')).toMatch(/^[A-Za-km-z02-9]{48}$/);
  expect(second).toEqual(first);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('the AWS client reads a secret by its ARN, and gets an error for one that does not exist', async () => {
  const server = await startSecretsServer();
  const credentials = { accessKeyId: 'LOCAL', secretAccessKey: 'secret' };
  const client = new SecretsManagerClient({ endpoint: server.url, region: 'us-east-1', credentials });
  onTestFinished(async () => {
    client.destroy();
    await server.close();
  });
  server.serve(new Map([['arn:token', 'value']]));

  const known = await client.send(new GetSecretValueCommand({ SecretId: 'arn:token' }));
  const unknown = client.send(new GetSecretValueCommand({ SecretId: 'arn:other' }));

  expect(known.SecretString).toBe('value');
  await expect(unknown).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});
