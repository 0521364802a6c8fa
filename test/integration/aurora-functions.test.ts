import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ingestApp } from '../../infra/ingest-app.ts';
import { createAuthority } from '../../infra/local/iam/create-authority.ts';
import { newCredentials } from '../../infra/local/iam/credentials.ts';
import { LocalFunction } from '../../infra/local/lambda/local-function.ts';
import { FunctionLogs } from '../../infra/local/lambda/logs.ts';
import { describeStack } from '../../infra/local/template/describe.ts';
import { auroraReaders, auroraUsers } from '../../shared/aws/aurora-users.ts';
import { createUsersStatement } from '../../shared/storage/schema/create-users-statement.ts';
import { testAccount } from '../support/local-assembly.ts';
import { caFile, type RdsPostgres, startRdsPostgres } from '../support/rds-postgres.ts';

let rds: RdsPostgres;
let invoke: (
  name: string,
  changes?: Readonly<Record<string, string>>,
) => Promise<{ readonly outcome: string; readonly message: string }>;
const stops: (() => Promise<unknown>)[] = [];

/** The bundled functions of the stack with Aurora, whose roles and environments are the template's. */
beforeAll(async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'smt-aurora-'));
  stops.push(() => rm(dir, { recursive: true, force: true }));
  rds = await startRdsPostgres();
  stops.push(() => rds.stop());
  const context = { '@aws-cdk/core:validateAgainstDefaultRules': false };
  ingestApp({ outdir: path.join(dir, 'cdk.out'), context }, { database: 'aurora' }).app.synth();
  const description = await describeStack({
    assemblyDir: path.join(dir, 'cdk.out'),
    account: { ...testAccount, databaseHost: 'localhost' },
  });
  const credentials = newCredentials();
  const { accountId } = testAccount;
  const { authority, functionCredentials } = createAuthority(description, {
    accountId,
    operator: credentials,
  });
  rds.authority.current = authority;
  const nowhere = 'http://127.0.0.1:9';
  const endpoints = {
    s3: nowhere,
    sqs: nowhere,
    sns: nowhere,
    secretsManager: nowhere,
    rdsData: rds.dataApiUrl,
  };
  const services = { region: testAccount.region, credentials, functionCredentials, endpoints };
  const logs = new FunctionLogs(path.join(dir, 'logs'));
  stops.push(() => logs.close());
  invoke = async (name, changes = {}) => {
    const found = description.functions.find((fn) => fn.name === name);
    if (!found) throw new Error(`no function ${name}`);
    const endpoint = found.environment.DATABASE_ENDPOINT?.replace(':5432/', `:${rds.port}/`);
    const environment = {
      ...found.environment,
      NODE_EXTRA_CA_CERTS: caFile,
      ...(endpoint && { DATABASE_ENDPOINT: endpoint }),
      ...changes,
    };
    const fn = new LocalFunction({ fn: { ...found, environment }, services, logs, maxConcurrency: 1 });
    const result = await fn.invoke({});
    await fn.stop();
    return { outcome: result.outcome, message: result.outcome === 'ok' ? '' : result.error.errorMessage };
  };
}, 300_000);

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

describe('On a Postgres that admits as RDS does', () => {
  const ok = { outcome: 'ok', message: '' };

  test('the first deployment and a second create users and schema, and the administrator logs in by password after each', async () => {
    const results: unknown[] = [];
    for (const name of ['DatabaseCreateUsers', 'Migrate', 'DatabaseCreateUsers', 'Migrate'])
      results.push(await invoke(name));

    expect(results).toEqual([ok, ok, ok, ok]);
    const admin = await rds.loginAsAdmin();
    const { rows } = await admin.query('select count(*)::int as count from smt_intervals');
    await admin.end();
    expect(rows).toEqual([{ count: 0 }]); // people read, too
  }, 240_000);

  test('a statement that would lock out the administrator fails', async () => {
    const admin = await rds.loginAsAdmin();
    await rds.asSuperuser('grant smt_reader to smt_admin with inherit false, set false');

    const [login, statement] = await Promise.allSettled([
      rds.loginAsAdmin(),
      admin.query(createUsersStatement(auroraUsers(), auroraReaders)),
    ]);

    const reasonOf = (result: PromiseSettledResult<unknown>) =>
      result.status === 'rejected' ? (result.reason as Error).message : 'it succeeded';
    expect(reasonOf(login)).toBe('PAM authentication failed for user "smt_admin"');
    expect(reasonOf(statement)).toContain('the administrator smt_admin would be a member of smt_reader');
    await admin.end();
    await rds.asSuperuser('revoke smt_reader from smt_admin');
    await expect(rds.loginAsAdmin().then((again) => again.end())).resolves.toBeUndefined();
  });

  test('a function logs in as the user of its own role and as no other', async () => {
    const migrate = await invoke('Migrate', { DATABASE_ROLE: 'writer' });

    expect(migrate.message).toContain('PAM authentication failed for user "smt_writer"');
  });

  test('nobody logs in without TLS', async () => {
    const client = new Client({ host: 'localhost', port: rds.port, user: 'smt_admin', database: 'smt' });

    await expect(client.connect()).rejects.toThrow('no encryption');
  });
});
