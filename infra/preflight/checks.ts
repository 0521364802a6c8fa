import { type DatabaseRole, databaseRoles } from '../../shared/storage/roles.ts';
import type { Settings } from '../config/settings.ts';
import { auroraVersion } from '../constructs/aurora-database.ts';

/** What the checks call. Each may fail; the reason is shown. */
export interface Surroundings {
  /** Runs the AWS CLI and parses its JSON. */
  aws(...command: readonly string[]): Promise<unknown>;
  /** The IPv6 addresses of a host. */
  resolve6(host: string): Promise<readonly string[]>;
  /** Logs in to the database of the secret in a role, as a function does, and returns the user and the server's version. */
  login(secretText: string, role: DatabaseRole): Promise<{ readonly user: string; readonly version: string }>;
}

export interface Subject {
  readonly settings: Settings;
  readonly region: string;
  /** ARN of the secret of an existing database. */
  readonly secretArn: string | undefined;
}

export interface Check {
  readonly name: string;
  /** What to do when it fails. */
  readonly remedy: string;
  /** @returns what was found. @throws Error saying what is wrong */
  run(): Promise<string>;
}

/** What cannot be tested without an account: whether this account and region support the stack. */
export function preflightChecks(subject: Subject, surroundings: Surroundings): readonly Check[] {
  const { settings, secretArn } = subject;
  const usesIpv6 = settings.database === 'aurora' || settings.vpc?.dualStack === true;
  return [
    ...ofAccount(subject, surroundings),
    ...(settings.database === 'aurora' ? ofAurora(subject, surroundings) : []),
    ...(usesIpv6 ? hostsOverIpv6(subject, surroundings) : []),
    ...(settings.database === 'existing' && secretArn !== undefined
      ? ofSecret(secretArn, subject, surroundings)
      : []),
    stackCheck(subject, surroundings),
  ];
}

function ofAccount({ settings, region }: Subject, { aws }: Surroundings): readonly Check[] {
  const { registerConcurrency } = settings;
  return [
    {
      name: 'credentials',
      remedy: 'Log in: aws configure sso, or set AWS_PROFILE.',
      run: async () => {
        const { Account, Arn } = (await aws('sts', 'get-caller-identity')) as Record<string, string>;
        return `account ${Account} as ${Arn}, region ${region}`;
      },
    },
    {
      name: 'CDK bootstrap',
      remedy: `Once per account and region: npx cdk bootstrap aws://ACCOUNT/${region}`,
      run: async () => {
        const stack = await findStack(aws, 'CDKToolkit');
        if (!stack) throw new Error('the stack CDKToolkit does not exist');
        return stack.StackStatus;
      },
    },
    {
      name: 'Lambda concurrency',
      remedy:
        'Request a higher quota "Concurrent executions" in Service Quotas (new accounts have 10), or set registerConcurrency to ' +
        'null for now.',
      run: async () => {
        const { AccountLimit } = (await aws('lambda', 'get-account-settings')) as {
          AccountLimit: { ConcurrentExecutions: number; UnreservedConcurrentExecutions: number };
        };
        const { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: free } = AccountLimit;
        const isDeployed = free < limit; // what is reserved may be this stack's own
        const needed = 100 + (registerConcurrency ?? 0);
        if (registerConcurrency !== null && !isDeployed && free < needed)
          throw new Error(`the limit is ${limit}; reserving ${registerConcurrency} needs ${needed}`);
        return `limit ${limit}, unreserved ${free}`;
      },
    },
  ];
}

function ofAurora({ settings, region }: Subject, { aws }: Surroundings): readonly Check[] {
  const version = auroraVersion.auroraPostgresFullVersion;
  const { availabilityZones, minCapacityAcu } = settings.aurora;
  return [
    {
      name: 'Aurora version',
      remedy: 'Set auroraVersion in infra/constructs/aurora-database.ts to a version that RDS offers.',
      run: async () => {
        const { DBEngineVersions: versions } = (await aws(
          ...[
            'rds',
            'describe-db-engine-versions',
            '--engine',
            'aurora-postgresql',
            '--engine-version',
            version,
          ],
        )) as { DBEngineVersions: { ServerlessV2FeaturesSupport?: { MinCapacity?: number } }[] };
        if (versions.length === 0) throw new Error(`RDS offers no aurora-postgresql ${version} in ${region}`);
        const least = versions[0]?.ServerlessV2FeaturesSupport?.MinCapacity ?? 0.5;
        if (least > minCapacityAcu)
          throw new Error(`${version} takes ${least} ACU at least, not ${minCapacityAcu}`);
        return version;
      },
    },
    {
      name: 'availability zones',
      remedy: 'Set aurora.availabilityZones to two zones of the region that have Lambda and Aurora.',
      run: async () => {
        const { AvailabilityZones: zones } = (await aws('ec2', 'describe-availability-zones')) as {
          AvailabilityZones: { ZoneName: string; State: string }[];
        };
        const names = zones.filter(({ State }) => State === 'available').map(({ ZoneName }) => ZoneName);
        const missing = (availabilityZones ?? []).filter((zone) => !names.includes(zone));
        if (missing.length > 0) throw new Error(`${missing.join(', ')} is not among ${names.join(', ')}`);
        if (names.length < 2) throw new Error(`there is only ${names.join(', ')}`);
        return (availabilityZones ?? names.slice(0, 2)).join(', ');
      },
    },
  ];
}

/** The hosts that the SDK calls with AWS_USE_DUALSTACK_ENDPOINT; a test compares them with the SDK. */
export function dualStackHosts(region: string): readonly string[] {
  return [
    `s3.dualstack.${region}.amazonaws.com`,
    `sqs.${region}.api.aws`,
    `sns.${region}.api.aws`,
    `secretsmanager.${region}.amazonaws.com`,
  ];
}

function hostsOverIpv6({ region }: Subject, { resolve6 }: Surroundings): readonly Check[] {
  return dualStackHosts(region).map((host) => ({
    name: `IPv6 of ${host}`,
    remedy: 'Add an interface endpoint for the service in infra/constructs/ingest-network.ts.',
    run: async () => {
      const [address] = await resolve6(host);
      if (address === undefined) throw new Error('it has no IPv6 address');
      return address;
    },
  }));
}

function ofSecret(secretArn: string, { settings }: Subject, { aws, login }: Surroundings): readonly Check[] {
  const text = async () => {
    const { SecretString } = (await aws('secretsmanager', 'get-secret-value', '--secret-id', secretArn)) as {
      SecretString?: string;
    };
    return SecretString ?? '';
  };
  if (settings.vpc !== null) {
    const remedy = 'Correct the secret; see DEPLOY.md, The database.';
    const run = async () =>
      `${(await text()).length > 0 ? 'has a text' : 'is empty'}; its host is reachable from the VPC only`;
    return [{ name: 'database secret', remedy, run }];
  }
  return databaseRoles.map((role) => ({
    name: `database login as ${role}`,
    remedy: 'Correct the secret, the user or the firewall; see DEPLOY.md, The database.',
    run: async () => {
      const { user, version } = await login(await text(), role);
      if (Number.parseInt(version, 10) < 15) throw new Error(`PostgreSQL ${version}; 15 or later is needed`);
      return `${user} on PostgreSQL ${version}`;
    },
  }));
}

interface StackState {
  readonly StackStatus: string;
  readonly EnableTerminationProtection?: boolean;
}

function stackCheck({ settings }: Subject, { aws }: Surroundings): Check {
  const name = `SmtIngest-${settings.environment}`;
  return {
    name: `stack ${name}`,
    remedy: `See DEPLOY.md, When a deployment fails; for the protection: aws cloudformation update-termination-protection --enable-termination-protection --stack-name ${name}`,
    run: async () => {
      const stack = await findStack(aws, name);
      if (!stack) return 'does not exist yet';
      const { StackStatus: status, EnableTerminationProtection: isProtected } = stack;
      if (/FAILED$/.test(status)) throw new Error(`is ${status}`);
      if (settings.retainData && !isProtected && !status.startsWith('ROLLBACK'))
        throw new Error(`is ${status} and not protected from termination`);
      return status;
    },
  };
}

async function findStack(aws: Surroundings['aws'], name: string): Promise<StackState | undefined> {
  // Asked by name, the CLI fails for a stack that does not exist as it does for one that it may not see.
  const { Stacks } = (await aws('cloudformation', 'describe-stacks')) as {
    Stacks: (StackState & { StackName: string })[];
  };
  return Stacks.find(({ StackName }) => StackName === name);
}
