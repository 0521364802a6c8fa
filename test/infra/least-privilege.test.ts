import { describe, expect, test } from 'vitest';
import { asText, templateOf } from '../support/template.ts';
import { variants } from '../support/variants.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

describe.each(variants)('%o', (variant) => {
  const stack = templateOf(variant);

  test('lets no function write to the log of another', () => {
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

  test('names no action by a wildcard', () => {
    const actions = Object.values(stack.ofType('AWS::IAM::Policy')).flatMap(({ PolicyDocument }) =>
      (PolicyDocument as { Statement: Statement[] }).Statement.flatMap(({ Action }) => list(Action)),
    );

    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  test('keeps secrets out of every environment', () => {
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

  test.each(variants)('is accessed by each function in its one role: %o', (variant) => {
    const functions = Object.entries(templateOf(variant).ofType('AWS::Lambda::Function'));
    const entered = functions.flatMap(([id, { Environment }]) => {
      const { DATABASE_ROLE: role } =
        (Environment as { Variables?: Record<string, string> })?.Variables ?? {};
      return role ? [[id.replace(/[0-9A-F]{8}$/, ''), role]] : [];
    });

    expect(Object.fromEntries(entered)).toEqual(roles);
  });

  test.each(['dev', 'prod'] as const)(
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
