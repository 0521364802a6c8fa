import { Duration } from 'aws-cdk-lib';
import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Trigger } from 'aws-cdk-lib/triggers';
import { Construct } from 'constructs';
import type { DatabaseRole } from '../../shared/storage/roles.ts';
import type { IngestFunction } from './ingest-function.ts';
import type { AlarmDefinition } from './monitoring/alarm-definition.ts';

/** A paused Aurora takes 15 s to resume, 30 s after a day. */
const connectTimeout = Duration.seconds(45);
/** Leaves a function that serves requests time to report that the database did not respond: API Gateway waits for 30 s. */
const reserve = Duration.seconds(4);

/** The database, wherever it is. Each function connects in one role; the migration runs before any of them is deployed. */
export abstract class IngestDatabase extends Construct {
  private readonly connected: IngestFunction[] = [];
  private migration: Trigger | undefined;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.node.addValidation({
      validate: () => (this.migration ? [] : ['nothing migrates the schema: call migrateWith(fn)']),
    });
  }

  /**
   * Runs a function, as the schema's owner, in each deployment that changes it and before anything uses the schema. Its failure
   * fails the deployment.
   */
  migrateWith(fn: IngestFunction): void {
    this.setUp(fn, 'owner');
    this.migration = new Trigger(this, 'Migration', { handler: fn, timeout: Duration.minutes(6) });
    this.migration.executeAfter(...this.migrationPrerequisites());
    this.migration.executeBefore(...this.connected);
  }

  /**
   * Lets a function connect: as `writer` to load files, as `owner` to remove data, which no other role may
   * delete, as `reader` for everything else.
   */
  connect(fn: IngestFunction, role: DatabaseRole): void {
    this.setUp(fn, role);
    this.connected.push(fn);
    this.migration?.executeBefore(fn);
  }

  /** Alarms on a database that is ours to watch. */
  abstract alarmDefinitions(): readonly AlarmDefinition[];
  /** Its part of the dashboard. */
  abstract widgets(): readonly IWidget[];

  /** What has to exist before the migration can log in. */
  protected abstract migrationPrerequisites(): readonly Construct[];
  protected abstract grantConnect(fn: IngestFunction, role: DatabaseRole): void;

  private setUp(fn: IngestFunction, role: DatabaseRole): void {
    const longest = Math.min(connectTimeout.toSeconds(), fn.maxDuration.toSeconds() - reserve.toSeconds());
    fn.setEnvironment('databaseRole', role);
    fn.setEnvironment('databaseConnectTimeoutMs', String(longest * 1000));
    this.grantConnect(fn, role);
  }
}
