import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { DatabaseRole } from '../../shared/storage/roles.ts';
import type { IngestFunction } from './ingest-function.ts';
import type { AlarmDefinition } from './monitoring/alarm-definitions.ts';

/** The database, wherever it is. */
export interface IngestDatabase {
  /** Runs the migration at each deployment that changes it, before anything uses the schema; its failure fails the deployment. */
  migratedBy(fn: IngestFunction): void;
  /** Lets a function connect in one role: `writer` for what files bring, `reader` for everything else. */
  usedBy(fn: IngestFunction, role: Exclude<DatabaseRole, 'owner'>): void;
  /** What to be woken up for, and to look at, of a database that is ours to watch. */
  alarmDefinitions(): readonly AlarmDefinition[];
  widgets(): readonly IWidget[];
}
