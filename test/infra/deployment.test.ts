import { describe, expect, test } from 'vitest';
import { Account, DeadEndError, type Resources } from '../support/deployment-simulator.ts';
import { templateOf } from '../support/template.ts';
import { variants } from '../support/variants.ts';

/** The same stack with other code: another asset of each function, and so another version where there are versions. */
function withOtherCode(resources: Resources): Resources {
  const versions = Object.keys(resources).filter((id) => resources[id]?.Type === 'AWS::Lambda::Version');
  let text = JSON.stringify(resources).replace(/"S3Key":"(\w+)\.zip"/g, '"S3Key":"other$1.zip"');
  for (const id of versions) text = text.replaceAll(`"${id}"`, `"${id}Other"`);
  return JSON.parse(text) as Resources;
}

describe.each(variants)('%o', (variant) => {
  const resources = templateOf(variant).resources as Resources;
  const next = withOtherCode(resources);
  const ids = Object.keys(resources);
  const triggered = variant.database === 'aurora' ? 2 : 1;

  test('deploys, and uses nothing before it exists', () => {
    const account = new Account();

    expect(account.deploy(resources)).toBe('CREATE_COMPLETE');
    expect(account.invoked).toHaveLength(triggered);
  });

  test('deploys again after a failed first deployment, wherever it failed, and leaves nothing behind', () => {
    for (const id of ids) {
      const account = new Account();

      expect(account.deploy(resources, id)).toBe('ROLLBACK_COMPLETE');
      expect({ id, orphans: account.orphans }).toEqual({ id, orphans: [] });
      expect(account.deploy(resources)).toBe('CREATE_COMPLETE');
    }
  });

  test('is updated and rolled back under all protections, wherever the update fails', () => {
    for (const id of Object.keys(next)) {
      const account = new Account();
      account.deploy(resources);
      account.protect();

      expect(account.deploy(next, id)).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(account.deploy(next)).toBe('UPDATE_COMPLETE');
      expect(account.deploy(resources)).toBe('UPDATE_COMPLETE'); // the way back
      expect(account.orphans).toEqual([]);
    }
  });

  test('runs the migration again in an update, and the previous one in its rollback', () => {
    const account = new Account();
    account.deploy(resources);
    const last = Object.keys(next).find((id) => next[id]?.Type === 'AWS::CloudWatch::Dashboard') ?? '';

    account.deploy(next, last);

    expect(account.invoked.length).toBeGreaterThanOrEqual(2 * triggered);
  });

  test('is deleted only without its protections, keeps data in prod, and can be deployed anew beside it', () => {
    const account = new Account();
    account.deploy(resources);
    account.protect();
    expect(() => account.delete()).toThrow(DeadEndError);

    account.unprotect();
    account.delete();

    const kept = new Set(account.orphans.map((id) => resources[id]?.Type));
    expect([...kept].sort()).toEqual(
      variant.env === 'prod' ? ['AWS::Logs::LogGroup', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret'] : [],
    );
    expect(account.deploy(resources)).toBe('CREATE_COMPLETE');
  });
});

describe('The simulator finds', () => {
  const bucket = { Type: 'AWS::S3::Bucket' };

  test('a name that a failed first deployment leaves in use', () => {
    const resources: Resources = {
      Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: 'fixed' }, DeletionPolicy: 'Retain' },
      Bucket: { ...bucket, DependsOn: 'Logs' },
    };
    const account = new Account();
    account.deploy(resources, 'Bucket');

    expect(account.orphans).toEqual(['Logs']);
    expect(() => account.deploy(resources)).toThrow('exists already');
  });

  test('a database whose deletion protection blocks its own rollback', () => {
    const resources: Resources = {
      Cluster: { Type: 'AWS::RDS::DBCluster', Properties: { DeletionProtection: true } },
      Bucket: { ...bucket, DependsOn: 'Cluster' },
    };

    expect(() => new Account().deploy(resources, 'Bucket')).toThrow('deletion protection');
  });

  test('a trigger that runs before its function has permissions', () => {
    const resources: Resources = {
      Role: { Type: 'AWS::IAM::Role' },
      Function: { Type: 'AWS::Lambda::Function', Properties: { Role: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
      Trigger: { Type: 'Custom::Trigger', Properties: { HandlerArn: { 'Fn::GetAtt': ['Function', 'Arn'] } } },
      Policy: { Type: 'AWS::IAM::Policy', Properties: { Roles: [{ Ref: 'Role' }] } },
    };

    expect(() => new Account().deploy(resources)).toThrow('Trigger needs Policy');
  });

  test('a circular dependency', () => {
    const resources: Resources = { A: { ...bucket, DependsOn: 'B' }, B: { ...bucket, DependsOn: 'A' } };

    expect(() => new Account().deploy(resources)).toThrow('depends on itself');
  });
});
