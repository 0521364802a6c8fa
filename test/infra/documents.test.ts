import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { connectionsOf } from '../../infra/config/connections.ts';
import type { Settings } from '../../infra/config/settings.ts';
import { accessLogQueries, functionLogQueries } from '../../infra/constructs/monitoring/queries.ts';
import { costTables } from '../../infra/cost/cost-table.ts';
import { databaseRoles } from '../../shared/storage/roles.ts';
import { codeBlocks } from '../support/code-blocks.ts';
import { templateOf } from '../support/template.ts';

const stack = templateOf({ env: 'prod', database: 'aurora' });
const { Outputs } = stack.template.toJSON();
const files = ['infra/RUNBOOK.md', 'infra/DEPLOY.md', 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];
const texts = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));

describe.each(files)('%s', (file) => {
  const text = texts.get(file) ?? '';

  test('has shell commands that parse', () => {
    for (const block of codeBlocks(text, 'bash')) {
      expect(() =>
        execFileSync('bash', ['-n'], { input: block, stdio: ['pipe', 'ignore', 'pipe'] }),
      ).not.toThrow();
    }
  });

  test('names outputs that the stack has', () => {
    const used = [...text.matchAll(/\boutput ([A-Z]\w+)/g)].map(([, name]) => name ?? '');

    expect(used.filter((name) => !Object.keys(Outputs).some((id) => id.startsWith(name)))).toEqual([]);
  });

  test('runs npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    const used = [...text.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)].map(([, name]) => name ?? '');

    expect(used.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('links to files and sections that exist', () => {
    const links = [...text.matchAll(/\]\(([\w./-]+)(?:#[\w-]+)?\)/g)].map(([, link]) => link ?? '');

    expect(links.filter((link) => !existsSync(`${folderOf(file)}${link}`))).toEqual([]);
  });
});

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/') + 1);
}

test('The runbook names saved queries that exist', () => {
  const saved = Object.keys({ ...functionLogQueries, ...accessLogQueries });
  const named = [...(texts.get('infra/RUNBOOK.md') ?? '').matchAll(/Quer(?:y|ies) ((?:_[^_]+_(?: and )?)+)/g)]
    .flatMap(([, names = '']) => names.match(/_[^_]+_/g) ?? [])
    .map((name) => name.replaceAll('_', ''));

  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((name) => !saved.includes(name))).toEqual([]);
});

/** How the runbook's restore gives a cluster what the template says, property by property; null is restored by itself. */
const restored: Readonly<Record<string, string | null>> = {
  CopyTagsToSnapshot: '--copy-tags-to-snapshot',
  DBClusterParameterGroupName: '--db-cluster-parameter-group-name',
  DBSubnetGroupName: '--db-subnet-group-name',
  DeletionProtection: '--deletion-protection',
  EnableHttpEndpoint: 'aws rds enable-http-endpoint',
  EnableIAMDatabaseAuthentication: '--enable-iam-database-authentication',
  ManageMasterUserPassword: '--manage-master-user-password',
  NetworkType: '--network-type DUAL',
  Port: '--port',
  ServerlessV2ScalingConfiguration: '--serverless-v2-scaling-configuration',
  VpcSecurityGroupIds: '--vpc-security-group-ids',
  BackupRetentionPeriod: null,
  DatabaseName: null,
  Engine: null,
  EngineVersion: null,
  MasterUsername: null,
  StorageEncrypted: null,
  Tags: null,
};

test('The runbook restores a database as the stack creates it', () => {
  const [cluster = {}] = Object.values(stack.ofType('AWS::RDS::DBCluster'));
  const drill = texts.get('infra/RUNBOOK.md')?.split('### Restore the database')[1] ?? '';

  expect(Object.keys(cluster).filter((property) => !(property in restored))).toEqual([]);
  for (const words of Object.values(restored)) expect(drill).toContain(words ?? '');
  expect(drill).toContain('--db-instance-class db.serverless');
});

describe('The connections that DEPLOY.md adds up', () => {
  const text = texts.get('infra/DEPLOY.md') ?? '';
  const settingsOf = (env: string) =>
    connectionsOf(JSON.parse(readFileSync(`infra/config/${env}.json`, 'utf8')) as Settings);
  const [prod, dev] = [settingsOf('prod'), settingsOf('dev')];

  test.each(databaseRoles)('match the settings, for the %s', (role) => {
    const row = new RegExp(`^\\| \`smt_${role}\` .*?(\\d+) \\| .*?(\\d+) \\|$`, 'm').exec(text);
    const limit = new RegExp(`ALTER ROLE smt_${role} CONNECTION LIMIT (\\d+);`).exec(text);

    expect(row?.slice(1).map(Number)).toEqual([prod[role], dev[role]]);
    expect(Number(limit?.[1])).toBe(prod[role]);
  });

  test('are few enough for a server with the default of 100', () => {
    const sum = (of: typeof prod) => of.owner + of.writer + of.reader;

    expect(text).toMatch(new RegExp(`^\\| together .* ${sum(prod)} \\| +${sum(dev)} \\|$`, 'm'));
    expect(text).toContain(`leaves yours ${100 - 3 - sum(prod)}.`);
  });
});

test('The cost model counts the metrics that alarms evaluate', () => {
  const alarms = Object.values(stack.ofType('AWS::CloudWatch::Alarm')) as { Metrics?: object[] }[];
  const metrics = alarms.flatMap(({ Metrics = [{ MetricStat: {} }] }) =>
    Metrics.filter((metric) => 'MetricStat' in metric),
  );

  expect(costTables()).toContain(` ${metrics.length} metrics of alarms `);
});

test('The cost tables match the model', () => {
  const table = /<!-- cost -->\n+([\s\S]*?)\n+<!-- \/cost -->/.exec(texts.get('infra/DEPLOY.md') ?? '')?.[1];

  const cells = (text = '') => text.replace(/ *\| */g, '|').replace(/-+/g, '-');
  expect(cells(table)).toBe(cells(costTables()));
});
