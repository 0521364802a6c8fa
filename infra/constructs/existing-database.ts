import { CfnParameter, Duration, Stack, Validations } from 'aws-cdk-lib';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Trigger } from 'aws-cdk-lib/triggers';
import { Construct } from 'constructs';
import type { DatabaseRole } from '../../shared/storage/roles.ts';
import type { IngestDatabase } from './ingest-database.ts';
import type { IngestFunction } from './ingest-function.ts';

/** A Postgres that exists already, reached over TLS by the connection strings in a secret: one a role. No VPC. */
export class ExistingDatabase extends Construct implements IngestDatabase {
  private readonly secret: ISecret;
  private migration: Trigger | undefined;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const secretArn = new CfnParameter(this, 'SecretArn', {
      description:
        'Complete ARN of the secret with the connection strings; infra/DEPLOY.md says how to make it',
      allowedPattern: 'arn:aws[a-z-]*:secretsmanager:.+',
    });
    secretArn.overrideLogicalId('DatabaseSecretArn');
    Validations.of(Stack.of(this)).acknowledge({
      id: 'CloudFormation-Validate::W2509',
      reason: 'The parameter is the name of a secret, not a secret.',
    });
    this.secret = Secret.fromSecretCompleteArn(this, 'Secret', secretArn.valueAsString);
  }

  migratedBy(fn: IngestFunction): void {
    this.connect(fn, 'owner');
    this.migration = new Trigger(this, 'Migration', { handler: fn, timeout: Duration.minutes(6) });
  }

  usedBy(fn: IngestFunction, role: DatabaseRole): void {
    this.connect(fn, role);
    this.migration?.executeBefore(fn);
  }

  /** Its provider watches it; that it is away shows in errors, ages and the queue. */
  alarmDefinitions(): [] {
    return [];
  }

  widgets(): [] {
    return [];
  }

  private connect(fn: IngestFunction, role: DatabaseRole): void {
    fn.setEnvironment('databaseSecretArn', this.secret.secretArn);
    fn.setEnvironment('databaseRole', role);
    this.secret.grantRead(fn);
  }
}
