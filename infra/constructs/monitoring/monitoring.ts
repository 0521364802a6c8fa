import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Settings } from '../../config/settings.ts';
import type { IngestApi } from '../ingest-api.ts';
import type { IngestDatabase } from '../ingest-database.ts';
import type { IngestFunction } from '../ingest-function.ts';
import type { NormalizeQueue } from '../normalize-queue.ts';
import { alarmDefinitions } from './alarm-definitions.ts';
import { Alarms } from './alarms.ts';
import { IngestDashboard } from './dashboard.ts';
import { SavedQueries } from './saved-queries.ts';

/** What is watched. */
export interface MonitoredParts {
  readonly toNormalize: NormalizeQueue;
  readonly registerFailures: IQueue;
  /** What runs without anyone who waits for an answer: register, normalize, sweep. */
  readonly workers: readonly IngestFunction[];
  /** What answers requests. */
  readonly routes: readonly IngestFunction[];
  readonly api: IngestApi;
  readonly database: IngestDatabase;
}

/** Alarms, a dashboard and saved queries: what an operator sees of the system. */
export class Monitoring extends Construct {
  constructor(scope: Construct, id: string, parts: MonitoredParts, settings: Settings) {
    super(scope, id);
    const definitions = [...alarmDefinitions(parts, settings), ...parts.database.alarmDefinitions()];
    const alarms = new Alarms(this, 'Alarms', definitions, settings);
    new IngestDashboard(this, 'Dashboard', parts, alarms, settings);
    new SavedQueries(this, 'Queries', parts);
  }
}
