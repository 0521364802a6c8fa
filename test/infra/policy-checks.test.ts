import { readFileSync } from 'node:fs';
import { Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ingestApp } from '../../infra/ingest-app.ts';
import { settingsOf, type Variant, variants } from '../support/variants.ts';

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };

/** The app with cdk-nag's checks added to CloudFormation's own, and what they report. */
function checkedApp(variant: Variant) {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => void written.mockRestore());
  const withoutCode = { ...context, env: variant.env, 'aws:cdk:bundling-stacks': [] };
  const { app, stack } = ingestApp({ context: withoutCode }, settingsOf(variant));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  return { app, stack, report: () => written.mock.calls.map(([text]) => String(text)).join('') };
}

describe('The policy checks', () => {
  test('find an insecure bucket', () => {
    const { app, stack } = checkedApp({ env: 'dev', database: 'existing' });
    new Bucket(stack, 'Careless');

    const synth = () => app.synth();

    expect(synth).toThrow('Careless');
  });

  test.each(variants)('find nothing that is not suppressed with a reason: %o', (variant) => {
    const { app, report } = checkedApp(variant);

    app.synth();

    expect(report()).toBe('');
  });
});
