import { describe, expect, it } from 'vitest';
import { asText, type StackTemplate, templateOf } from '../support/template.ts';
import { variants } from '../support/variants.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** What a function's role may do, a line an action: `s3:PutObject <Bucket.Arn>/uploads/*`, ids without CDK's hashes. */
function rightsOf(stack: StackTemplate, name: string): string[] {
  const policies = Object.entries(stack.ofType('AWS::IAM::Policy')).filter(([id]) =>
    id.startsWith(`${name}RoleDefaultPolicy`),
  );
  return policies
    .flatMap(([, { PolicyDocument }]) => (PolicyDocument as { Statement: Statement[] }).Statement)
    .flatMap(({ Action, Resource }) =>
      list(Action).flatMap((action) => list(Resource).map((resource) => `${action} ${asText(resource)}`)),
    )
    .map((line) => line.replace(/<(\w+?)[0-9A-F]{8}([.>])/g, '<$1$2'))
    .filter((line) => !/^logs:.* <\w+Logs\.Arn>$/.test(line)) // its own log group; held to below
    .filter((line) => !/^(secretsmanager:\w+ <DatabaseSecretArn>|rds-db:connect .*|ec2:.* \*)$/.test(line)) // below too
    .sort();
}

const readToken = ['secretsmanager:GetSecretValue <AdminTokenSecret>'];
const readBucket = [
  's3:GetObject <RawFilesBucket.Arn>/*',
  's3:GetObjectVersion <RawFilesBucket.Arn>/*',
  's3:ListBucket <RawFilesBucket.Arn>',
  's3:ListBucketVersions <RawFilesBucket.Arn>', // else a version that is gone may be called forbidden
];
const sendTo = (queue: string) => [`sqs:SendMessage <${queue}.Arn>`];
const takeFrom = (queue: string) =>
  ['sqs:DeleteMessage', 'sqs:ReceiveMessage'].map((action) => `${action} <${queue}.Arn>`);

/** Statement by statement, beside the database and the function's own log group. */
const rights: Readonly<Record<string, readonly string[]>> = {
  Migrate: [],
  Health: [],
  RawUpload: [...readToken, 's3:PutObject <RawFilesBucket.Arn>/uploads/*'],
  Register: [...readBucket, ...sendTo('ToNormalizeQueue'), ...sendTo('RegisterFailures')],
  Normalize: [
    ...readBucket,
    ...takeFrom('ToNormalizeQueue'),
    'sqs:ChangeMessageVisibility <ToNormalizeQueue.Arn>',
    'sqs:GetQueueAttributes <ToNormalizeQueue.Arn>',
    'secretsmanager:GetSecretValue <PgpKeysSecret>',
    'sns:Publish <AnnouncementsTopic>',
  ],
  Sweep: [
    ...readBucket,
    's3:PutObject <RawFilesBucket.Arn>/_smt-ingest/*',
    ...sendTo('ToNormalizeQueue'),
    ...takeFrom('ToNormalizeDeadLetters'),
    ...takeFrom('RegisterFailures'),
    'sns:Publish <AnnouncementsTopic>',
  ],
  Replay: [
    ...readToken,
    's3:PutObject <RawFilesBucket.Arn>/_smt-ingest/replayed',
    ...sendTo('ToNormalizeQueue'),
  ],
  Withdraw: readToken,
  Erase: [...readToken, 's3:DeleteObjectVersion <RawFilesBucket.Arn>/*'],
  RawFilesApi: [...readToken, ...readBucket],
  Usage: [...readToken, 'secretsmanager:GetSecretValue <ReaderTokensSecret>'],
  OpenApi: [],
  Pages: [],
};

const names = Object.keys(rights);

describe.each(variants)('%o', (variant) => {
  const stack = templateOf(variant);

  it.each(names)('lets %s do what it is for, and nothing else', (name) => {
    expect([...new Set(rightsOf(stack, name))]).toEqual([...(rights[name] ?? [])].sort());
  });

  it('has no function whose rights nobody listed', () => {
    const functions = Object.entries(stack.ofType('AWS::Lambda::Function')).filter(
      ([, { Environment }]) =>
        (Environment as { Variables?: object } | undefined)?.Variables &&
        'POWERTOOLS_SERVICE_NAME' in (Environment as { Variables: object }).Variables,
    );
    const unlisted = functions.filter(
      ([id]) => !names.some((name) => new RegExp(`^${name}[0-9A-F]{8}$`).test(id)),
    );

    expect(unlisted.map(([id]) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual(
      variant.database === 'aurora' ? ['DatabaseCreateUsers'] : [],
    );
  });

  it('lets no function of ours write to the log of another', () => {
    for (const [id, { PolicyDocument }] of Object.entries(stack.ofType('AWS::IAM::Policy'))) {
      if (id.includes('IAMRole')) continue; // of the network's flow log
      const statements = (PolicyDocument as { Statement: Statement[] }).Statement;
      const logs = statements.filter(({ Action }) =>
        list(Action).some((action) => action.startsWith('logs:')),
      );
      const name = /^(\w+?)RoleDefaultPolicy/.exec(id)?.[1] ?? '';
      for (const { Resource } of logs) expect(asText(Resource)).toMatch(new RegExp(`^<${name}.*\\.Arn>$`));
    }
  });

  it('names no action by a wildcard', () => {
    const actions = Object.values(stack.ofType('AWS::IAM::Policy')).flatMap(({ PolicyDocument }) =>
      (PolicyDocument as { Statement: Statement[] }).Statement.flatMap(({ Action }) => list(Action)),
    );

    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('keeps secrets out of every environment', () => {
    for (const { Environment } of Object.values(stack.ofType('AWS::Lambda::Function'))) {
      expect(asText(Environment ?? '')).not.toMatch(/postgres(ql)?:|password|{{resolve/i);
    }
  });
});

describe('the database', () => {
  const roles: Readonly<Record<string, string>> = {
    Migrate: 'owner',
    RawUpload: 'writer',
    Register: 'writer',
    Normalize: 'writer',
    Sweep: 'writer',
    Replay: 'writer',
    Withdraw: 'owner',
    Erase: 'owner',
    RawFilesApi: 'reader',
    Usage: 'reader',
  };

  it.each(variants)('is entered by each function in its one role: %o', (variant) => {
    const functions = Object.entries(templateOf(variant).ofType('AWS::Lambda::Function'));
    const entered = functions.flatMap(([id, { Environment }]) => {
      const { DATABASE_ROLE: role } =
        (Environment as { Variables?: Record<string, string> })?.Variables ?? {};
      return role ? [[id.replace(/[0-9A-F]{8}$/, ''), role]] : [];
    });

    expect(Object.fromEntries(entered)).toEqual(roles);
  });

  it.each(['dev', 'prod'] as const)(
    'of ours is entered by IAM as the user of that role only, in %s',
    (env) => {
      const stack = templateOf({ env, database: 'aurora' });

      for (const [name, role] of Object.entries(roles)) {
        const policies = Object.entries(stack.ofType('AWS::IAM::Policy')).filter(([id]) =>
          id.startsWith(`${name}RoleDefaultPolicy`),
        );
        const text = JSON.stringify(policies);
        expect(text.match(/"rds-db:connect"/g)).toHaveLength(1);
        expect(text).toContain(`:dbuser:cluster-*/smt_${role}"`); // any cluster: a restored one has another id
        expect(text).not.toContain('DatabaseClusterSecret');
      }
    },
  );
});
