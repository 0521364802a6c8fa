import { readFileSync } from 'node:fs';
import { Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ingestApp } from '../../infra/ingest-app.ts';
import { variants } from '../support/variants.ts';

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };

test('The judges judge: a careless bucket is found', () => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => void written.mockRestore());
  const { app, stack } = ingestApp({ context: { ...context, 'aws:cdk:bundling-stacks': [] } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  new Bucket(stack, 'Careless');

  const synth = () => app.synth();

  expect(synth).toThrow('Careless');
});

test.each(variants)('No judge has a finding that nobody explained: %o', (variant) => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => void written.mockRestore());
  const { app } = ingestApp({ context: { ...context, ...variant, 'aws:cdk:bundling-stacks': [] } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));

  app.synth();

  const report = written.mock.calls.map(([text]) => String(text)).join('');
  expect(report).toBe('');
});
