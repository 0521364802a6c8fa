import { execFile } from 'node:child_process';
import { resolve6 } from 'node:dns/promises';
import { promisify } from 'node:util';
import { App } from 'aws-cdk-lib';
import { Client } from 'pg';
import { readDatabaseSecret } from '../../shared/aws/database-secret.ts';
import { readSettings } from '../config/settings.ts';
import { npmCommand, parseArguments } from '../local/command-line.ts';
import { type Check, preflightChecks, type Surroundings } from './checks.ts';

const program = npmCommand(
  'preflight',
  `Asks the AWS account, the region and the database whether they can take the stack, and changes nothing. Needs the AWS CLI and
credentials. Exit status 1 if something is in the way.`,
)
  .option('--context <env=ENV>', 'env=dev (default) or env=prod')
  .option('--secret <arn>', 'the secret of an existing database');

const run = promisify(execFile);

const surroundings: Surroundings = {
  aws: async (...command) => {
    const { stdout } = await run('aws', [...command, '--output', 'json']).catch(
      (error: Error & { stderr?: string }) => {
        throw new Error(error.stderr?.trim() || error.message, { cause: error });
      },
    );
    return JSON.parse(stdout);
  },
  resolve6,
  login: async (secretText, role) => {
    const client = new Client({ ...readDatabaseSecret(secretText, role), connectionTimeoutMillis: 45_000 });
    await client.connect();
    try {
      const { rows } = await client.query<{ user: string; version: string }>(
        `select current_user as "user", current_setting('server_version') as version`,
      );
      return rows[0] ?? { user: '', version: '' };
    } finally {
      await client.end();
    }
  },
};

async function main(): Promise<number> {
  const { context, secret } = parseArguments(program).options;
  const env = context?.replace(/^env=/, '');
  const { node } = new App({ context: env === undefined ? {} : { env } });
  const settings = readSettings(node);
  const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? (await configuredRegion());
  const checks = preflightChecks({ settings, region, secretArn: secret }, surroundings);
  const results = await Promise.all(checks.map(report));
  const failed = results.filter((isWell) => !isWell).length;
  console.log(failed === 0 ? 'Nothing is in the way.' : `${failed} of ${checks.length} checks failed.`);
  return failed === 0 ? 0 : 1;
}

async function report({ name, remedy, run: check }: Check): Promise<boolean> {
  try {
    console.log(`ok      ${name}: ${await check()}`);
    return true;
  } catch (error) {
    console.log(`FAILED  ${name}: ${(error as Error).message}\n        ${remedy}`);
    return false;
  }
}

async function configuredRegion(): Promise<string> {
  const { stdout } = await run('aws', ['configure', 'get', 'region']).catch(() => ({ stdout: '' }));
  const region = stdout.trim();
  if (region === '') throw new Error('No region is set: export AWS_REGION=us-east-1');
  return region;
}

process.exitCode = await main().catch((error: Error) => {
  console.error(error.message);
  return 1;
});
