import { App } from 'aws-cdk-lib';
import { SmtIngestStack } from './stack.ts';

const app = new App();
new SmtIngestStack(app, 'SmtIngest', {
  description: 'Smart Meter Texas files in, every 15-minute interval in Postgres',
});
