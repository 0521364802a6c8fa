import { App } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { readSettings, type SettingsFile } from '../../infra/config/settings.ts';
import { preflightChecks, type Surroundings } from '../../infra/preflight/checks.ts';
import { settingsOf, type Variant } from '../support/variants.ts';

/** Responses of the AWS CLI by the first two words of the command. */
const healthy: Readonly<Record<string, unknown>> = {
  'sts get-caller-identity': { Account: '111111111111', Arn: 'arn:aws:iam::111111111111:user/me' },
  'cloudformation describe-stacks': { Stacks: [{ StackName: 'CDKToolkit', StackStatus: 'CREATE_COMPLETE' }] },
  'lambda get-account-settings': {
    AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 },
  },
  'rds describe-db-engine-versions': {
    DBEngineVersions: [{ ServerlessV2FeaturesSupport: { MinCapacity: 0 } }],
  },
  'ec2 describe-availability-zones': {
    AvailabilityZones: ['a', 'b'].map((zone) => ({ ZoneName: `us-east-1${zone}`, State: 'available' })),
  },
  'secretsmanager get-secret-value': { SecretString: 'postgres://…' },
};

interface Override {
  readonly responses?: Readonly<Record<string, unknown>>;
  readonly surroundings?: Partial<Surroundings>;
  readonly settings?: Partial<SettingsFile>;
}

/** Names and reasons of the checks that fail. */
async function failures(
  variant: Variant,
  { responses = {}, surroundings = {}, settings = {} }: Override = {},
) {
  const all: Readonly<Record<string, unknown>> = { ...healthy, ...responses };
  const checks = preflightChecks(
    {
      settings: readSettings(new App({ context: { env: variant.env } }).node, {
        ...settingsOf(variant),
        ...settings,
      }),
      region: 'us-east-1',
      secretArn: 'arn:aws:secretsmanager:us-east-1:111111111111:secret:smt-database',
    },
    {
      aws: async (...command) => all[command.slice(0, 2).join(' ')],
      resolve6: async () => ['2600::1'],
      login: async (_, role) => ({ user: `smt_${role}`, version: '17.4' }),
      ...surroundings,
    },
  );
  const results = await Promise.all(
    checks.map(({ name, remedy, run }) =>
      run().then(
        () => [],
        (error: Error) => [`${name}: ${error.message}`, remedy],
      ),
    ),
  );
  return results.flat();
}

describe('The preflight', () => {
  const existing = { env: 'prod', database: 'existing' } as const;
  const aurora = { env: 'prod', database: 'aurora' } as const;

  test.each([existing, aurora])('passes for %o in a healthy account', async (variant) => {
    expect(await failures(variant)).toEqual([]);
  });

  test.each<[string, Variant, Override, string]>([
    [
      'no credentials',
      existing,
      { surroundings: { aws: () => Promise.reject(new Error('Unable to locate credentials')) } },
      'Unable to locate credentials',
    ],
    [
      'no bootstrap',
      existing,
      { responses: { 'cloudformation describe-stacks': { Stacks: [] } } },
      'cdk bootstrap',
    ],
    [
      'the limit of a new account',
      existing,
      {
        responses: {
          'lambda get-account-settings': {
            AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10 },
          },
        },
      },
      'the limit is 10; reserving 10 needs 110',
    ],
    [
      'a version that RDS no longer offers',
      aurora,
      { responses: { 'rds describe-db-engine-versions': { DBEngineVersions: [] } } },
      'RDS offers no aurora-postgresql 17.',
    ],
    [
      'a zone that is not there',
      aurora,
      {
        settings: {
          aurora: {
            minCapacityAcu: 0.5,
            maxCapacityAcu: 4,
            backupDays: 1,
            availabilityZones: ['us-east-1a', 'us-east-1x'],
          },
        },
      },
      'us-east-1x is not among us-east-1a, us-east-1b',
    ],
    [
      'a host without IPv6',
      aurora,
      { surroundings: { resolve6: async () => [] } },
      'sns.us-east-1.api.aws: it has no IPv6',
    ],
    [
      'a user who may not log in',
      existing,
      { surroundings: { login: () => Promise.reject(new Error('password authentication failed')) } },
      'database login as reader: password authentication failed',
    ],
    [
      'an old server',
      existing,
      { surroundings: { login: async () => ({ user: 'x', version: '14.9' }) } },
      'PostgreSQL 14.9; 15 or later is needed',
    ],
    [
      'a stack that nothing protects',
      existing,
      {
        responses: {
          'cloudformation describe-stacks': {
            Stacks: [
              { StackName: 'CDKToolkit', StackStatus: 'CREATE_COMPLETE' },
              {
                StackName: 'SmtIngest-prod',
                StackStatus: 'UPDATE_COMPLETE',
                EnableTerminationProtection: false,
              },
            ],
          },
        },
      },
      'update-termination-protection',
    ],
    [
      'a stack that can only be repaired',
      existing,
      {
        responses: {
          'cloudformation describe-stacks': {
            Stacks: [{ StackName: 'SmtIngest-prod', StackStatus: 'UPDATE_ROLLBACK_FAILED' }],
          },
        },
      },
      'is UPDATE_ROLLBACK_FAILED',
    ],
  ])('names %s and what to do', async (_, variant, override, message) => {
    expect((await failures(variant, override)).join('\n')).toContain(message);
  });
});
