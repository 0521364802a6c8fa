import { describe, expect, test } from 'vitest';
import { SettingsError, type SettingsFile } from '../../infra/config/settings.ts';
import { ingestApp } from '../../infra/ingest-app.ts';

const operator = { alarmEmail: 'on-call@example.com', runbookUrl: 'https://example.com/RUNBOOK.md' };

describe('The settings', () => {
  test.each<[string, object, Partial<SettingsFile>, string]>([
    ['an unknown environment', { env: 'staging' }, {}, 'env=staging: must be dev or prod'],
    ['a setting as context', { database: 'aurora' }, {}, 'set database in infra/config/dev.json'],
    [
      'the address of alarms as context',
      { alarmEmail: 'a@b.c' },
      {},
      'set alarmEmail in infra/config/dev.json',
    ],
    [
      'no address for alarms in prod',
      { env: 'prod' },
      { ...operator, alarmEmail: null },
      'alarmEmail is null',
    ],
    [
      'a path to the runbook in prod',
      { env: 'prod' },
      { ...operator, runbookUrl: 'infra/RUNBOOK.md' },
      'https',
    ],
    [
      'a plain http runbook in prod',
      { env: 'prod' },
      { ...operator, runbookUrl: 'http://example.com' },
      'https',
    ],
    ['a retention that CloudFormation lacks', {}, { logRetentionDays: 31 }, 'must be one of 1, 3, 5'],
    ['no address at all', {}, { alarmEmail: 'on-call' }, 'alarmEmail'],
  ])('are rejected at synth, with what to do, for %s', (_, context, changes, message) => {
    const synthesize = () => ingestApp({ context: { ...context } }, changes);

    expect(synthesize).toThrow(SettingsError);
    expect(synthesize).toThrow(message);
  });

  test('of prod are rejected as they are in the repository, until an operator has completed them', () => {
    expect(() => ingestApp({ context: { env: 'prod' } })).toThrow(
      'infra/config/prod.json: alarmEmail is null',
    );
  });
});
