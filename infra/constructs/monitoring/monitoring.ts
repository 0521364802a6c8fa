import { Construct } from 'constructs';
import type { Settings } from '../../config/settings.ts';
import { alarmDefinitions } from './alarm-definitions.ts';
import { Alarms } from './alarms.ts';
import { IngestDashboard } from './dashboard.ts';
import type { MonitoredParts } from './monitored-parts.ts';
import { SavedQueries } from './saved-queries.ts';

/** Alarms, a dashboard and saved queries. */
export class Monitoring extends Construct {
  constructor(scope: Construct, id: string, parts: MonitoredParts, settings: Settings) {
    super(scope, id);
    const definitions = [...alarmDefinitions(parts, settings), ...parts.database.alarmDefinitions()];
    const alarms = new Alarms(this, 'Alarms', definitions, settings);
    new IngestDashboard(this, 'Dashboard', parts, alarms, settings);
    new SavedQueries(this, 'Queries', parts);
  }
}
