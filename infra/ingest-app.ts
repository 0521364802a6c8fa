import { App, type AppProps, Tags } from 'aws-cdk-lib';
import { readSettings, type SettingsFile } from './config/settings.ts';
import { SmtIngestStack } from './stack.ts';

/**
 * The CDK app: one stack, for the environment that the context names. It does not set termination protection: the CLI would
 * set it before the first change set runs, and a first deployment that fails could not be deleted. DEPLOY.md turns it on after
 * the first success.
 * @param changes settings that differ from the environment's file, for tests
 * @throws SettingsError
 */
export function ingestApp(
  props?: AppProps,
  changes?: Partial<SettingsFile>,
): { app: App; stack: SmtIngestStack } {
  const app = new App(props);
  const settings = readSettings(app.node, changes);
  const { environment } = settings;
  const stack = new SmtIngestStack(app, `SmtIngest-${environment}`, {
    description: `Smart Meter Texas files in, every 15-minute interval in Postgres (${environment})`,
    settings,
  });
  Tags.of(app).add('service', 'smt-ingest');
  Tags.of(app).add('environment', environment);
  return { app, stack };
}
