import { App, type AppProps, Tags } from 'aws-cdk-lib';
import { readSettings } from './config/settings.ts';
import { SmtIngestStack } from './stack.ts';

/**
 * The CDK app: one stack, for the environment and with the database that the context names.
 * @throws SettingsError
 */
export function ingestApp(props?: AppProps): { app: App; stack: SmtIngestStack } {
  const app = new App(props);
  const settings = readSettings(app.node);
  const { environment } = settings;
  const stack = new SmtIngestStack(app, `SmtIngest-${environment}`, {
    description: `Smart Meter Texas files in, every 15-minute interval in Postgres (${environment})`,
    terminationProtection: settings.retainData,
    settings,
  });
  Tags.of(app).add('service', 'smt-ingest');
  Tags.of(app).add('environment', environment);
  return { app, stack };
}
