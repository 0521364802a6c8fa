import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { handler } from '../../functions/migrate/handler.ts';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import { logger } from '../../shared/observability/logger.ts';
import { DatabaseDivergedError } from '../../shared/storage/errors.ts';
import { migrations } from '../../shared/storage/schema/migrations/index.ts';
import { databaseWithUsers } from '../support/database-users.ts';

/** What CloudFormation deploys into: the function's environment, and a secret that names a database of its own. */
async function deployedFunction() {
  const { urlOf, open } = await databaseWithUsers();
  const secret = {
    owner: urlOf('owner'),
    writer: urlOf('writer'),
    reader: urlOf('reader'),
    tls: 'as-in-url',
  };
  const secrets = mockClient(SecretsManagerClient);
  secrets.on(GetSecretValueCommand).resolves({ SecretString: JSON.stringify(secret) });
  onTestFinished(() => secrets.restore()); // other files of this worker use the client
  vi.stubEnv('DATABASE_SECRET_ARN', `arn:of-${urlOf('owner')}`);
  vi.stubEnv('DATABASE_ROLE', 'owner');
  return { owner: open('owner'), reader: open('reader') };
}

afterEach(async () => {
  await (await functionDatabase()).close();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('A deployment migrates an empty database, and lets the reader in', async () => {
  const { reader } = await deployedFunction();

  await handler();

  expect((await reader.pool.query('select count(*) from smt_intervals')).rows).toEqual([{ count: '0' }]);
});

test('A deployment that is rolled back leaves the newer schema as it is, and goes through', async () => {
  const { owner } = await deployedFunction();
  const warned = vi.spyOn(logger, 'warn').mockReturnValue();
  await handler();
  await owner.pool.query("insert into smt_ingest_migrations values ('9999-rolled-back', '')");

  await handler();

  expect(warned).toHaveBeenCalledTimes(1);
  const { rows } = await owner.pool.query('select name from smt_ingest_migrations order by name');
  expect(rows.map(({ name }) => name)).toEqual([...Object.keys(migrations), '9999-rolled-back']);
});

test('A deployment onto the schema of another branch fails', async () => {
  const { owner } = await deployedFunction();
  await handler();
  await owner.pool.query("update smt_ingest_migrations set name = '9999-elsewhere' where name like '0001%'");

  await expect(handler()).rejects.toThrow(DatabaseDivergedError);
});
