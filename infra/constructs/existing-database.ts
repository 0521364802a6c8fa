import { CfnParameter, Duration, Validations } from 'aws-cdk-lib';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Trigger } from 'aws-cdk-lib/triggers';
import { Construct } from 'constructs';
import type { IngestFunction } from './ingest-function.ts';

/** A Postgres that exists already, reached by the connection string that a secret holds as its text. */
export class ExistingDatabase extends Construct {
  private readonly secret: ISecret;
  private migration: Trigger | undefined;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const secretArn = new CfnParameter(this, 'SecretArn', {
      description:
        'Complete ARN of the Secrets Manager secret whose text is the postgres:// connection string',
      allowedPattern: 'arn:aws[a-z-]*:secretsmanager:.+',
    });
    secretArn.overrideLogicalId('DatabaseSecretArn');
    Validations.of(secretArn).acknowledge({
      id: 'CloudFormation-Validate::W2509',
      reason: 'The parameter is the name of a secret, not a secret.',
    });
    this.secret = Secret.fromSecretCompleteArn(this, 'Secret', secretArn.valueAsString);
  }

  /** Runs the migration at each deployment that changes it, before anything uses the schema; its failure fails the deployment. */
  migratedBy(fn: IngestFunction): void {
    this.connect(fn);
    this.migration = new Trigger(this, 'Migration', { handler: fn, timeout: Duration.minutes(6) });
  }

  usedBy(fn: IngestFunction): void {
    this.connect(fn);
    this.migration?.executeBefore(fn);
  }

  private connect(fn: IngestFunction): void {
    fn.setEnvironment('databaseSecretArn', this.secret.secretArn);
    this.secret.grantRead(fn);
  }
}
